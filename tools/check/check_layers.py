#!/usr/bin/env python3
"""Fails if a source file imports what its target does not depend on, or reaches for what its layer may not touch.

The layers are the dependencies in Package.swift. Checked besides: no `import Foundation` in the library (it would bring
58 MB of ICU into the shared object), and no `@_cdecl` or `Unmanaged` outside CAPI, which alone is the C ABI.
"""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
STANDARD = {"Swift", "Glibc", "FoundationEssentials", "Synchronization"}
IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)", re.M)
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def read_table():
    """Target -> the modules it may import: its dependencies in Package.swift, among which SwiftPM allows no circle."""
    made = subprocess.run(["swift", "package", "dump-package"], cwd=ROOT, check=True, capture_output=True, text=True)
    table = {}
    for target in json.loads(made.stdout)["targets"]:
        if target["type"] not in ("test", "plugin"):
            names = [kind[0] for dependency in target["dependencies"] for name, kind in dependency.items()
                     if name in ("byName", "product", "target")]
            table[target["name"]] = set(names)
    return table


def without_comments(text):
    """The code with comments blanked and the lines kept."""
    text = re.sub(r"/\*.*?\*/", lambda found: re.sub(r"[^\n]", " ", found.group()), text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


def check_swift(path, target, allowed):
    code = without_comments(path.read_text())
    where = path.relative_to(ROOT)

    def line(found):
        return code.count("\n", 0, found.start(1) if found.re.groups else found.start()) + 1

    for found in IMPORT.finditer(code):
        name = found.group(1)
        if name == "Foundation":
            if target != "gemmabench-cli":
                yield f"{where}:{line(found)}: import Foundation: use Glibc or FoundationEssentials in the library"
        elif name not in STANDARD and name not in allowed:
            yield f"{where}:{line(found)}: {target} may not import {name} (its dependencies are in Package.swift)"
    if target not in ("CAPI", "gemmabench-cli"):
        for found in re.finditer(r"@_cdecl\b|@c\s*\(|\bUnmanaged\b", code):
            yield f"{where}:{line(found)}: {found.group()} belongs to CAPI alone"


def check_c(path, target, own_headers):
    code = without_comments(path.read_text())
    for found in INCLUDE.finditer(code):
        name = pathlib.PurePath(found.group(1)).name
        if name not in own_headers and not (target == "LuaScripting" and name == "gemmabench.h"):
            number = code.count("\n", 0, found.start(1)) + 1
            yield f"{path.relative_to(ROOT)}:{number}: {target} may not include {found.group(1)}"


def main():
    table, problems = read_table(), []
    files = 0
    for folder in sorted((ROOT / "Sources").iterdir()):
        if not folder.is_dir():
            continue
        if folder.name not in table:
            problems.append(f"Sources/{folder.name}: is no target of Package.swift")
            continue
        own_headers = {header.name for header in folder.rglob("*.h")}
        for path in sorted(folder.rglob("*")):
            if path.suffix == ".swift":
                problems += check_swift(path, folder.name, table[folder.name])
            elif path.suffix in (".c", ".h") and folder.name in ("CKernels", "CThreads", "CDigests", "LuaScripting"):
                problems += check_c(path, folder.name, own_headers)
            else:
                continue
            files += 1
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"Layers: {files} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
