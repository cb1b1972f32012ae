"""Ctrl-C in a terminal: KeyboardInterrupt comes out of whatever call is at work, soon, in every Python there is here."""

import errno
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "bindings/python"
POCKET = ROOT / "scripts/pocket"
DATA = POCKET / "data"
SECONDS = 10  # until the exception must be out; a machine full of tests is slow

BEGIN = f"""
import os, sys, threading, time
import gemmabench as gb
MODEL, DATA = {str(POCKET / "models/pocket-6m")!r}, {str(DATA)!r}
GSM8K = {{"type": "gsm8k", "data": DATA + "/gsm8k", "shots": 2}}
MMLU = {{"type": "mmlu", "data": DATA + "/mmlu", "shots": 5}}
def ready():
    print("READY", flush=True)
ready_once = []
def seen(*given):
    begins = given and isinstance(given[0], gb.Event) and given[0].stage != "script" and given[0].scored == 0
    if not ready_once and not begins:
        ready_once.append(1)
        ready()
"""
END = """
print("WENT ON", flush=True)
"""
# What is at work when Ctrl-C comes.
CALLS = {
    "a sweep": "gb.sweep({'models': [MODEL], 'tasks': [MMLU, GSM8K], 'runs': 200}, progress=seen, cache=False)",
    "a sweep that nobody watches": "ready(); gb.sweep({'models': [MODEL], 'tasks': [MMLU], 'runs': 200}, cache=False)",
    "a run": "m = gb.load_model(MODEL)\nwhile True: m.run(GSM8K, progress=seen)",
    "a generation": "m = gb.load_model(MODEL)\nwhile True: m.generate('One day', max_tokens=400, on_token=seen)",
    "loading": "ready()\nwhile True: gb.load_model(MODEL)",
    "scores": "m = gb.load_model(MODEL); t = m.tokenize('one two ' * 100)\nready()\nwhile True: m.score(t[:5], t[5:])",
    "a comparison": "m = gb.load_model(MODEL); r = m.run(MMLU)\nready()\nwhile True: gb.compare(r, r, replicates=10**7)",
    "a bootstrap": "m = gb.load_model(MODEL); r = m.run(MMLU)\nready()\nwhile True: r.stats(interval='bootstrap', replicates=10**7)",
    "a script": "p = sys.argv[1] + '/s.lua'; open(p, 'w').write('while true do end')\ngb.run_script(p, progress=seen)",
    "a task of one's own that sleeps": """
class Slow(gb.Task):
    name = "slow"
    max_tokens = 2
    def samples(self): return [{"q": str(n)} for n in range(100)]
    def prompt(self, sample): return sample["q"]
    def score(self, sample, response):
        seen()
        time.sleep(60)
        return 1
gb.load_model(MODEL).run(Slow())""",
    "a watcher that sleeps": "gb.load_model(MODEL).run(MMLU, progress=lambda event: (seen(), time.sleep(60)))",
}


def interpreters():
    """Every Python 3.9 to 3.13 on this machine, by its version; the one that runs the tests always."""
    found = {"%d.%d" % sys.version_info[:2]: sys.executable}
    places = [shutil.which(f"python3.{minor}") for minor in range(9, 14)]
    places += sorted(str(path) for path in pathlib.Path.home().glob(".pyenv/versions/3.*/bin/python3"))
    places += sorted(str(path) for path in pathlib.Path("/root/.pyenv/versions").glob("3.*/bin/python3")
                     if os.access(path, os.X_OK)) if os.access("/root", os.X_OK) else []
    for place in places:
        if place is None:
            continue
        asked = subprocess.run([place, "-c", "import sys, ctypes; print('%d.%d' % sys.version_info[:2])"],
                               capture_output=True, text=True)
        version = asked.stdout.strip()
        if asked.returncode == 0 and re.fullmatch(r"3\.(9|1[0-3])", version):
            found.setdefault(version, place)
    return found


class Terminal:
    """A program in a terminal of its own: what is typed there reaches it as it would from a keyboard."""

    def __init__(self, words):
        self.said = b""
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            try:
                signal.signal(signal.SIGINT, signal.default_int_handler)
                os.execvp(words[0], words)
            finally:
                os._exit(127)

    def read(self, until=None, seconds=60):
        """Reads on until a text comes, or to the end."""
        import select
        deadline = time.monotonic() + seconds
        while until is None or until not in self.said:
            if not select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))[0]:
                os.kill(self.process, signal.SIGKILL)
                raise AssertionError(f"nothing more came in {seconds} s: {self.said[-2000:]!r}")
            try:
                part = os.read(self.terminal, 65536)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                part = b""
            if not part:
                return
            self.said += part

    def type(self, text):
        os.write(self.terminal, text)

    def wait(self):
        status = os.waitpid(self.process, 0)[1]
        os.close(self.terminal)
        return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


class InterruptTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ["PYTHONPATH"], os.environ["PYTHONDONTWRITEBYTECODE"] = str(PACKAGE), "1"
        os.environ["GEMMABENCH_CACHE"], os.environ["PYTHON_COLORS"] = "off", "0"
        cls.interpreters = interpreters()
        print("Ctrl-C is tried in Python " + ", ".join(sorted(cls.interpreters, key=lambda v: int(v[2:]))), flush=True)

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="gemmabench-interrupts-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def start(self, text, interpreter=sys.executable):
        return Terminal([interpreter, "-c", BEGIN + text + END, self.folder])

    def interrupted(self, text, interpreter):
        program = self.start(text, interpreter)
        program.read(until=b"READY")
        time.sleep(0.3)  # into the call
        typed = time.monotonic()
        program.type(b"\x03")
        program.read(seconds=60)
        status = program.wait()
        said = program.said.decode()
        # Python ends itself by the signal, which a shell shows as 130.
        self.assertEqual(status, -signal.SIGINT, said)
        self.assertRegex(said.rstrip(), r"KeyboardInterrupt$")
        self.assertNotIn("WENT ON", said)
        self.assertNotIn("Exception ignored", said)
        self.assertLess(time.monotonic() - typed, SECONDS)
        return said

    def test_every_call(self):
        for name, text in CALLS.items():
            with self.subTest(name):
                self.interrupted(text, sys.executable)

    def test_every_python(self):
        for version, interpreter in self.interpreters.items():
            for name in ("a sweep", "a comparison"):
                with self.subTest(f"{version}: {name}"):
                    self.interrupted(CALLS[name], interpreter)

    def test_the_exception_may_be_caught_and_has_what_was_done(self):
        program = self.start("""
try:
    gb.sweep({'models': [MODEL], 'tasks': [MMLU], 'runs': 300}, progress=seen, output=sys.argv[1] + '/out', cache=False)
except KeyboardInterrupt as error:
    kept = sum(run.count() for run in gb.read_report(sys.argv[1] + '/out').runs())
    print("CAUGHT", error.report.cancelled, kept > 0, kept >= sum(run.count() for run in error.report.runs()))
model = gb.load_model(MODEL)
print(len(model.generate("One day", max_tokens=3)["tokens"]))
""")
        program.read(until=b"READY")
        time.sleep(0.3)
        program.type(b"\x03")
        program.read()
        self.assertEqual(program.wait(), 0, program.said)
        self.assertIn(b"CAUGHT True True True", program.said)
        self.assertIn(b"WENT ON", program.said)

    def test_a_handler_of_ones_own_is_asked_and_may_let_the_call_go_on(self):
        program = self.start("""
import signal
told = []
signal.signal(signal.SIGINT, lambda number, frame: told.append(number))
run = gb.load_model(MODEL).run(MMLU, progress=seen)
print("TOLD", len(told), run.cancelled, signal.getsignal(signal.SIGINT).__name__)
""")
        program.read(until=b"READY")
        program.type(b"\x03")
        program.read()
        self.assertEqual(program.wait(), 0, program.said)
        self.assertIn(b"TOLD 1 False <lambda>", program.said)

    def test_an_alarm_ends_a_call(self):
        program = self.start("""
import signal
def late(number, frame): raise TimeoutError("too late")
signal.signal(signal.SIGALRM, late)
signal.setitimer(signal.ITIMER_REAL, 0.5)
try:
    gb.sweep({'models': [MODEL], 'tasks': [MMLU], 'runs': 300}, cache=False)
except TimeoutError as error:
    print("RAISED", error)
""")
        program.read()
        self.assertEqual(program.wait(), 0, program.said)
        self.assertIn(b"RAISED too late", program.said)

    def test_a_thread_other_than_the_main_one(self):
        program = self.start("""
model = gb.load_model(MODEL)
thread = threading.Thread(target=lambda: model.run(MMLU, limit=50, progress=seen))
thread.start()
try:
    thread.join()
    time.sleep(60)
except KeyboardInterrupt:
    print("CAUGHT")
thread.join()
""")
        program.read(until=b"READY")
        program.type(b"\x03")
        program.read()
        self.assertEqual(program.wait(), 0, program.said)
        self.assertIn(b"CAUGHT", program.said)


if __name__ == "__main__":
    unittest.main()
