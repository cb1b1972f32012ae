"""Runs functions that task files name, asked for over descriptor 3: a line of JSON in, a line of JSON out.

  {"call": KIND, "file": PATH, "module": NAME, "name": FUNCTION, "root": FOLDER, ...}  ->  {"value": ...} or {"error": ...}

It is a process of its own with limits; whoever started it gives each call a time, and stops the process that takes longer.
"""

import ast
import contextlib
import fcntl
import functools
import importlib
import importlib.util
import json
import os
import random
import resource
import select
import signal
import sys
import threading
import traceback
import types
import zlib

GIB = 1 << 30
# The longest answer; a longer one is an error.
ANSWER_BYTES = 256 << 20


def open_channel():
    """The socket of descriptor 3, under a number that neither programs nor forks of a function have."""
    channel = fcntl.fcntl(3, fcntl.F_DUPFD_CLOEXEC, 100)
    os.close(3)
    os.register_at_fork(after_in_child=lambda: os.close(channel))
    return channel


def limit(memory):
    """Limits of the process. A limit of the machine that is lower already stays."""
    for kind, amount in [
        (resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 64 << 20),
    ]:
        _, most = resource.getrlimit(kind)
        amount = amount if most == resource.RLIM_INFINITY else min(amount, most)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (amount, amount))


def limit_processor(seconds):
    """Lets the process use the processor for so much longer: what the host's clock would stop, should the host be gone."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = int(used.ru_utime + used.ru_stime) + seconds + 1
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))


def end():
    """Ends the process and those that functions have started."""
    if os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def end_with_host(channel):
    """Ends the process when the other end of the channel is closed, whatever a function is doing."""
    watched = select.poll()
    watched.register(channel, 0)

    def wait():
        watched.poll()
        end()

    threading.stack_size(256 << 10)
    threading.Thread(target=wait, daemon=True).start()
    threading.stack_size(0)


class Place:
    """Where a module lies: its file, its name in Python, the folder that its task files are under."""

    def __init__(self, asked):
        self.file = asked.get("file")
        self.module = asked["module"]
        self.root = asked.get("root")

    @property
    def folder(self):
        return os.path.dirname(self.file) if self.file else None

    @property
    def dotted(self):
        """The name that lm-evaluation-harness gives to a module: one of its own under lm_eval.tasks, else the path."""
        stem = self.file[:-3] if self.file.endswith(".py") else self.file
        mark = "/lm_eval/tasks/"
        if mark in stem:
            return "lm_eval.tasks." + stem.split(mark, 1)[1].replace("/", ".")
        if HARNESS and self.root and stem.startswith(self.root + "/"):
            return "lm_eval.tasks." + stem[len(self.root) + 1:].replace("/", ".")
        return stem


# Of each folder the modules that lie in it and were imported by their bare names: another folder has others of that name.
SIBLINGS = {}


@contextlib.contextmanager
def beside(folder):
    """Lets modules of a folder be imported by their bare names, behind all that is installed."""
    if not folder:
        yield
        return
    mine = SIBLINGS.setdefault(folder, {})
    sys.path.append(folder)
    sys.modules.update(mine)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)
        for name, module in list(sys.modules.items()):
            origin = getattr(module, "__file__", None)
            if "." not in name and "/" not in name and isinstance(origin, str) and origin.startswith(folder + "/"):
                mine[name] = sys.modules.pop(name)


@functools.lru_cache(maxsize=None)
def load_file(file, dotted):
    if dotted in sys.modules:
        return sys.modules[dotted]
    spec = importlib.util.spec_from_file_location(dotted, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[dotted] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(dotted, None)
        raise
    return module


def load(place, name):
    """The function; its module is run once."""
    if HARNESS:
        HARNESS.tasks(place.root)
    with beside(place.folder):
        if place.file:
            module = load_file(place.file, place.dotted)
        else:
            module = importlib.import_module(place.module)
    function = getattr(module, name)
    if not callable(function):
        raise TypeError(f"{name} is no function")
    return module, function


def imports(module):
    """The modules that the text of a module imports, as far as they are loaded."""
    with open(module.__file__, "rb") as text:
        tree = ast.parse(text.read())
    mine = SIBLINGS.get(os.path.dirname(module.__file__), {})
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module.__name__.split(".")[:-node.level]
                base = ".".join(package + ([base] if base else []))
            names = [base] + [base + "." + alias.name for alias in node.names]
        for name in names:
            found = mine.get(name) or sys.modules.get(name)
            if found is not None:
                yield found


def files(module, root):
    """The files under a folder that a module is made of: its own and those that it imports."""
    found, waiting = {}, [module]
    while waiting:
        module = waiting.pop()
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.endswith(".py") and file.startswith(root + "/") and file not in found:
            found[file] = module
            waiting += imports(module)
    return sorted(found)


def plain(value):
    """A value as JSON has it, also of numpy's types."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "tolist") and hasattr(value, "dtype"):
        return plain(value.tolist())
    if isinstance(value, (bytes, bytearray)) or not hasattr(value, "__iter__"):
        raise TypeError(f"a value of type {type(value).__name__} has no form in JSON")
    return [plain(item) for item in value]


def seed(what):
    """Random numbers of a call depend on it alone, not on the calls before: those of data as the harness seeds them."""
    random.seed(what)
    numpy = sys.modules.get("numpy")
    if numpy is not None and hasattr(numpy, "random"):
        numpy.random.seed(1234 if what == 0 else zlib.crc32(what))


def call_load(asked, module, function):
    code = getattr(function, "__code__", None)
    root = asked.get("root") or os.path.dirname(asked.get("file") or "")
    return {
        "name": getattr(function, "__name__", asked["name"]), "line": getattr(code, "co_firstlineno", None),
        "files": files(module, root) if root else [],
    }


def call_rows(asked, _, function):
    made = function(DATA_SETS.Dataset(asked["rows"]))
    return [plain(dict(row)) for row in made]


def call_value(asked, _, function):
    return plain(function(asked["document"]))


def call_samples(asked, _, function):
    return [plain(dict(row)) for row in function()]


def call_data(asked, _, function):
    made = function(**asked["arguments"])
    return {name: [plain(dict(row)) for row in rows] for name, rows in made.items()}


def call_results(asked, _, function):
    if "likelihoods" in asked:
        results = [(float(value), flag) for value, flag in asked["likelihoods"]]
    elif "rolling" in asked:
        results = [float(asked["rolling"])]
    else:
        results = [asked["response"]]
    made = function(asked["document"], results)
    return {name: plain(made[name]) for name in asked["metrics"] if name in made}


def call_metric(asked, _, function):
    """A metric that is a function, called as the harness calls it for a generated text."""
    name, response, arguments = asked["metric"], asked["response"], asked["arguments"]

    def value(reference):
        try:
            made = function(references=[reference], predictions=[response], **arguments)
        except TypeError:
            made = function([reference, response])
        return made[name] if isinstance(made, dict) else made

    if asked["several"]:
        return 1.0 if any([value(reference) for reference in asked["references"]]) else 0.0
    return plain(value(asked["references"][0]))


def call_filter(asked, _, function):
    responses, documents = [asked["responses"]], [asked["document"]]
    if asked["custom"]:
        made = function(responses, documents)
    else:
        made = function(**asked["arguments"]).apply(responses, documents)
    made = next(iter(made))
    return {"many": plain(made)} if isinstance(made, (list, tuple)) else {"one": plain(made)}


CALLS = {name[5:]: function for name, function in list(globals().items()) if name.startswith("call_")}
# Those that make data: their random numbers begin as the harness's do.
OF_DATA = {"load", "rows", "samples", "data"}


def fault(error):
    """The last line of a traceback, and the last place in it that is not in this program."""
    words = traceback.format_exception_only(type(error), error)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<")]
    if isinstance(error, SyntaxError) and error.filename:
        place = {"file": error.filename, "line": error.lineno}
    else:
        place = {"file": frames[-1].filename, "line": frames[-1].lineno} if frames else {}
    text = words[-1].strip() if words else type(error).__name__
    return {"error": text[:2000], "kind": type(error).__name__, **place}


def answer(line):
    """The answer to a line, whatever the function does."""
    number = None
    try:
        asked = json.loads(line)
        number, kind = asked["id"], asked["call"]
        limit_processor(asked.get("seconds", 60))
        seed(0 if kind in OF_DATA else line)
        place = Place(asked)
        module, function = load(place, asked["name"])
        with beside(place.folder):
            made = {"id": number, "value": CALLS[kind](asked, module, function)}
        text = json.dumps(made, ensure_ascii=False)
        if len(text) > ANSWER_BYTES:
            raise ValueError(f"the answer has more than {ANSWER_BYTES >> 20} MiB")
    except BaseException as error:
        text = json.dumps({"id": number, **fault(error)}, ensure_ascii=False)
    return text.encode("utf-8", "replace") + b"\n"


def stand_in(name, source):
    """A module of a text of this program."""
    module = types.ModuleType(name)
    exec(compile(source, f"<{name}>", "exec"), vars(module))
    return module


def is_installed(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def main():
    global DATA_SETS, HARNESS
    # The folder that the host happens to be in.
    sys.path[:] = [path for path in sys.path if path not in ("", ".")]
    channel = open_channel()
    has_harness = is_installed("lm_eval")
    has_packages = any(map(is_installed, ["lm_eval", "datasets", "torch"]))
    asked = os.environ.pop("GEMMABENCH_PYTHON_MEMORY_GIB", "")
    # These packages map libraries of several GiB.
    limit(int(float(asked) * GIB) if asked else (8 if has_packages else 2) * GIB)
    own = os.getpid()
    lines = os.fdopen(channel, "rb", closefd=False)
    sources = json.loads(lines.readline())
    DATA_SETS = stand_in("datasets", sources["data_sets"])
    if not is_installed("datasets"):
        sys.modules["datasets"] = DATA_SETS
    HARNESS = None
    if not has_harness:
        HARNESS = stand_in("gemmabench_harness", sources["harness"])
        HARNESS.install(sys.modules)
    end_with_host(channel)

    def write(text):
        text = memoryview(text)
        while text:
            text = text[os.write(channel, text):]

    write(json.dumps({"python": sys.version.split()[0], "lm_eval": has_harness}).encode() + b"\n")
    # What functions print goes nowhere.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    while True:
        line = lines.readline()
        if not line:
            end()
        made = answer(line)
        if os.getpid() != own:
            # A function has made a second process, and came back in it, too.
            os._exit(0)
        write(made)


main()
