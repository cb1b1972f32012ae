// swift-tools-version: 6.2
import PackageDescription

/// Kernels keep their speed in debug builds, and no compiler may fuse a multiplication with an addition on its own:
/// a score must not depend on the compiler's mood.
let kernelSettings: [CSetting] = [
  .unsafeFlags(["-O3", "-fvisibility=hidden", "-ffp-contract=off"]), .headerSearchPath("."),
]

let libraryLinkerSettings: [LinkerSetting] = [
  .unsafeFlags([
    "-Xlinker", "--version-script=\(Context.packageDirectory)/tools/build/gemmabench.map",
    "-Xlinker", "-soname=libgemmabench.so.0",
    "-Xlinker", "-z", "-Xlinker", "nodelete",
  ])
]

/// Modules whose time nobody waits for are built small: they read plans, write reports and speak with the Hub.
let smallModules: Set<String> = ["ModelHub", "Plan", "Records", "Store", "Reporting", "Charts", "CAPI"]
let smallSettings: [SwiftSetting] = [.unsafeFlags(["-Osize"], .when(configuration: .release))]
/// Swift's regular expressions, which are no part of the library, come with every module that does not refuse them, and weigh
/// 1.3 MB; `Support/TextSearch.swift` has what else comes with them.
let commonSettings: [SwiftSetting] = [
  .unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"])
]

func module(_ name: String, _ dependencies: [Target.Dependency] = [], linkerSettings: [LinkerSetting] = []) -> Target {
  .target(
    name: name, dependencies: dependencies,
    swiftSettings: commonSettings + (smallModules.contains(name) ? smallSettings : []),
    linkerSettings: linkerSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name)] + dependencies, path: "Tests/Units/\(name)Tests",
    swiftSettings: commonSettings)
}

let package = Package(
  name: "gemmabench",
  products: [
    .library(name: "gemmabench", type: .dynamic, targets: ["CAPI"]),
    // An executable of the library's name would be dropped silently; installed as bin/gemmabench.
    .executable(name: "gemmabench-cli", targets: ["gemmabench-cli"]),
  ],
  dependencies: [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")],
  targets: [
    .systemLibrary(
      name: "COpenBLAS", path: "Sources/COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CLua", path: "Sources/CLua", pkgConfig: "lua5.4", providers: [.apt(["liblua5.4-dev"])]),
    .systemLibrary(
      name: "CCurl", path: "Sources/CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(
      name: "CPangoCairo", path: "Sources/CPangoCairo", pkgConfig: "pangocairo", providers: [.apt(["libpango1.0-dev"])]),
    .systemLibrary(
      name: "CFontconfig", path: "Sources/CFontconfig", pkgConfig: "fontconfig",
      providers: [.apt(["libfontconfig-dev"])]),
    .systemLibrary(
      name: "CYAML", path: "Sources/CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(
      name: "CPCRE2", path: "Sources/CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(
      name: "CSQLite", path: "Sources/CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(
      name: "CSnappy", path: "Sources/CSnappy", pkgConfig: "snappy", providers: [.apt(["libsnappy-dev"])]),
    .systemLibrary(name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", path: "Sources/CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CGemmaBench", path: "include"),

    .target(name: "CKernels", cSettings: kernelSettings),
    .target(name: "CThreads", cSettings: kernelSettings),
    .target(name: "CDigests", cSettings: kernelSettings),
    .target(
      name: "ReportAssets", exclude: ["page.css", "page.js"],
      cSettings: [.unsafeFlags(["-fvisibility=hidden", "-Wno-c23-extensions"])]),
    .target(
      name: "CatalogueFiles", exclude: ["tasks", "published.tsv", "protocols.tsv"],
      cSettings: [.unsafeFlags(["-fvisibility=hidden", "-Wno-c23-extensions"])]),
    .target(
      name: "HookAssets", exclude: ["server.py", "data_sets.py", "harness.py", "programs.py"],
      cSettings: [.unsafeFlags(["-fvisibility=hidden", "-Wno-c23-extensions"])]),
    // The commit that is built: a source file that is written while it is.
    .plugin(name: "NoteCommit", capability: .buildTool()),
    .target(name: "BuildCommit", plugins: ["NoteCommit"]),
    module("Support", ["CDigests", "CThreads"]),
    module("Storage", ["Support", "CSQLite"]),
    module("Evaluation", ["Support"]),
    module("Statistics", ["Support"]),
    module("Templates", ["Support"]),
    module("Charts", ["Support", "CPangoCairo", "CFontconfig"]),
    module("Configuration", ["Support", "CYAML"]),
    module("Patterns", ["Support", "CPCRE2"]),
    module("DataSets", ["Support", "CSnappy", "CZlib", "CZstd"]),
    module("ModelHub", ["Support", "Configuration", "DataSets", "CCurl"]),
    module("Tensors", ["Support", "CKernels", "COpenBLAS"]),
    module("Checkpoints", ["Support", "Tensors"]),
    module("Tokenization", ["Support", "Evaluation", "Patterns", "Templates", "Checkpoints"]),
    module("Transformer", ["Support", "Statistics", "Tensors", "Checkpoints"]),
    module(
      "Inference",
      ["Support", "Evaluation", "Statistics", "ModelHub", "Tensors", "Checkpoints", "Transformer", "Tokenization"]),
    module("Quantization", ["Support", "Tensors", "Checkpoints", "Tokenization", "Transformer"]),
    module(
      "Tasks",
      [
        "Support", "Evaluation", "Statistics", "Configuration", "Patterns", "Templates", "DataSets", "ModelHub",
        "CatalogueFiles", "HookAssets",
      ]),
    module("Plan", ["Support", "Evaluation", "Configuration", "ModelHub", "Checkpoints", "Tasks"]),
    module("Records", ["Support", "Evaluation", "Statistics", "Tasks", "Plan"]),
    module("Store", ["Support", "Evaluation", "Storage", "Tasks", "Plan", "Records"]),
    module(
      "Running",
      [
        "Support", "Evaluation", "Storage", "ModelHub", "Tokenization", "Inference", "Tasks", "Statistics", "Plan",
        "Records",
        "Store",
      ]),
    module(
      "Reporting",
      ["Support", "Evaluation", "Configuration", "Charts", "Statistics", "Tasks", "Plan", "Records", "ReportAssets"]),
    .target(
      name: "LuaScripting", dependencies: ["CLua", "CGemmaBench"],
      exclude: ["prelude.lua", "prelude_tasks.lua", "prelude_sweeps.lua", "prelude_options.lua"],
      cSettings: [.headerSearchPath("../../include"), .unsafeFlags(["-fvisibility=hidden", "-Wno-c23-extensions"])]),
    module(
      "CAPI",
      [
        "CGemmaBench", "LuaScripting", "BuildCommit", "Support", "Evaluation", "ModelHub", "Checkpoints",
        "Tokenization",
        "Transformer", "Quantization", "Inference", "Tasks", "Plan", "Records", "Store", "Running", "Statistics",
        "Reporting",
      ],
      linkerSettings: libraryLinkerSettings),
    .executableTarget(
      name: "gemmabench-cli",
      dependencies: [
        "CGemmaBench", "CAPI", "Support", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: commonSettings),

    tests("Support", ["CDigests"]),
    tests("Storage", ["Support"]),
    tests("Evaluation", ["Support"]),
    tests("Statistics", ["Support"]),
    tests("Templates", ["Support"]),
    tests("Charts", ["Support"]),
    tests("Configuration", ["Support"]),
    tests("Patterns", ["Support"]),
    tests("DataSets", ["Support", "CSnappy", "CZlib", "CZstd"]),
    tests("ModelHub", ["Support"]),
    tests("Tensors", ["Support"]),
    tests("Checkpoints", ["Support"]),
    tests("Tokenization", ["Support", "Checkpoints", "Evaluation"]),
    tests("Transformer", ["Support", "Checkpoints", "Tensors"]),
    tests(
      "Inference", ["Support", "Evaluation", "Statistics", "Tensors", "Checkpoints", "Transformer", "Tokenization"]),
    tests("Quantization", ["Support", "Tensors", "Checkpoints", "Tokenization", "Transformer"]),
    tests("Tasks", ["Support", "Evaluation", "DataSets"]),
    tests(
      "Running",
      [
        "Support", "Evaluation", "Configuration", "Storage", "Checkpoints", "Tokenization", "Inference", "Tasks",
        "Statistics", "Plan", "Records", "Store",
      ]),
    tests(
      "Reporting",
      [
        "Support", "Evaluation", "Configuration", "Storage", "Charts", "Tasks", "Plan", "Records", "Store", "Running",
        "Statistics",
      ]),
    tests("CAPI", ["CGemmaBench", "Support"]),
    // On a Gemma that people have, where tools/models/fetch_real_model.sh has laid it down.
    .testTarget(
      name: "RealModelTests",
      dependencies: ["Support", "Evaluation", "Tokenization", "Inference", "Tasks", "Running", "Records", "Plan"],
      swiftSettings: commonSettings),
  ],
  swiftLanguageModes: [.v6]
)
