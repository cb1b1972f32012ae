import Glibc
import Support

/// The Python of this machine that is asked, and that runs functions of task files where it is told to.
enum PythonProgram {
  /// The environment variable that names another one than `python3` of PATH.
  static let environmentVariable = "GEMMABENCH_PYTHON"

  static var path: String { value(of: environmentVariable).map(Paths.expanded) ?? "python3" }

  /// What functions see of the environment: where programs and caches are, and no tokens.
  private static let kept = [
    "PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "PYENV_ROOT",
    "PYENV_VERSION", "CONDA_PREFIX", "XDG_CACHE_HOME", "HF_HOME", "HF_DATASETS_CACHE", "NLTK_DATA",
    "GEMMABENCH_PYTHON_MEMORY_GIB",
  ]

  /// The variables of a process that runs functions: the same order of sets each time, no network, one thread.
  static var environment: [String] {
    kept.compactMap { name in value(of: name).map { "\(name)=\($0)" } } + [
      "PYTHONHASHSEED=0", "HF_HUB_OFFLINE=1", "HF_DATASETS_OFFLINE=1", "HF_EVALUATE_OFFLINE=1",
      "TRANSFORMERS_OFFLINE=1",
      "TOKENIZERS_PARALLELISM=false", "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1",
    ]
  }

  private static func value(of name: String) -> String? {
    guard let value = getenv(name), value[0] != 0 else { return nil }
    return String(cString: value)
  }
}
