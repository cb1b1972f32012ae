"""Handles that are copied, pickled, closed, forked or simply forgotten: an error that says what to do, never a crash."""

import copy
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
import textwrap
import threading
import unittest
import unittest.mock

import gemmabench as gb

MODEL = os.environ["GEMMABENCH_TEST_MODEL"]
ROOT = pathlib.Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "bindings/python"
MMLU = {"type": "mmlu", "subset": "abstract_algebra", "shots": 0}
PLAN = {"models": [MODEL], "tasks": [MMLU], "limit": 1}


class Number:
    """What numpy's integers are: no int, with __index__."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


class Sums(gb.Task):
    name = "sums"
    max_tokens = 2

    def __init__(self, count=2):
        self.count = count

    def samples(self):
        return [{"a": a, "answer": "1"} for a in range(self.count)]

    def prompt(self, sample):
        return f"{sample['a']} ="


class HandleTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = gb.load_model(MODEL, threads=1)
        cls.run_of_it = cls.model.run(MMLU, limit=1)
        cls.report = gb.sweep(PLAN, cache=False)
        cls.handles = [cls.model, gb.task(**MMLU), cls.run_of_it, cls.report, cls.report.runs()[0]]

    def test_none_is_copied_or_pickled(self):
        for handle in self.handles:
            for copied in (copy.copy, copy.deepcopy, pickle.dumps, lambda value: copy.deepcopy({"deep": [value]})):
                with self.subTest(type(handle).__name__):
                    self.assertRaisesRegex(TypeError, r"cannot be copied or pickled.*gb\.|.*model\.run", copied, handle)
        self.assertTrue(self.model.tokenize("all is well"))

    def test_none_is_made_by_its_class(self):
        for kind, way in ((gb.Model, "gb.load_model"), (gb.Run, "model.run"), (gb.Report, "gb.sweep")):
            for arguments in ((), (MODEL,), (1,)):
                self.assertRaisesRegex(TypeError, way, kind, *arguments)
            self.assertRaisesRegex(gb.InvalidArgumentError, "closed", kind.__new__(kind)._enter)
        self.assertRaisesRegex(TypeError, "gb.task", gb.Task, "mmlu")

    def test_a_copy_of_a_task_of_ones_own_is_another_task(self):
        task = Sums(3)
        self.assertEqual(task.info()["samples"], 3)  # it is in use
        for other in (copy.copy(task), copy.deepcopy(task), pickle.loads(pickle.dumps(task))):
            task.count = 2
            self.assertEqual(other.info()["samples"], 3)
            other.close()
        self.assertEqual(self.model.run(task).count(), 3)

    def test_closed_by_another_thread_at_work(self):
        for _ in range(5):
            model = gb.load_model(MODEL, threads=1)
            begun, counts = threading.Event(), []
            thread = threading.Thread(target=lambda: counts.append(
                model.run(MMLU, progress=lambda event: begun.set()).count()))
            thread.start()
            begun.wait()
            closing = [threading.Thread(target=model.close) for _ in range(4)]
            for each in closing:
                each.start()
            for each in [*closing, thread]:
                each.join()
            self.assertGreater(counts[0], 0)
            self.assertRaisesRegex(gb.InvalidArgumentError, "closed", model.tokenize, "x")

    def test_samples_are_read_by_many_threads(self):
        run = self.model.run({**MMLU, "subset": "mathematics"})
        failures = []

        def read():
            try:
                for _ in range(20):
                    list(run.samples())
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=read) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(failures, [])

    def test_wrong_kinds_are_type_errors(self):
        model, run, report = self.model, self.run_of_it, self.report
        calls = {
            "gb.task": (model.run, 3), "decode it": (model.generate, b"x"), "a Run": (gb.compare, run, 3),
            "must be a Run": (gb.compare, model, run), "context": (model.score, "one", [3]),
            "tokens must be a list": (model.detokenize, 3), "tokens must be a whole": (model.detokenize, ["a"]),
            "messages": (model.apply_chat_template, "Hello"), "a plan is": (gb.sweep, 3),
            "loads its models itself": (gb.sweep, {**PLAN, "models": [model]}), "not NoneType": (gb.load_model, None),
            "formats": (report.charts, "x", 3), "p_values": (gb.adjust, 0.5), "arguments": (gb.run_script, "x", "ab"),
            "not int": (gb.history, 3), "confidence_level": (run.stats, "0.95"),
        }
        for pattern, (call, *arguments) in calls.items():
            with self.subTest(pattern):
                self.assertRaisesRegex(TypeError, pattern, call, *arguments)
        for name, value in (("max_tokens", 2.5), ("temperature", "1"), ("stop", 3), ("on_token", 3), ("top_k", True)):
            with self.subTest(name):
                self.assertRaisesRegex(TypeError, name, model.generate, "x", **{name: value})
        self.assertRaisesRegex(TypeError, "on_sample", model.run, MMLU, on_sample=3)
        self.assertRaisesRegex(TypeError, "on_cell", gb.sweep, PLAN, on_cell=3)

    def test_names_stand_for_tasks(self):
        self.assertEqual(self.model.run(MMLU, limit=1).info()["specification"]["shots"], 0)
        with unittest.mock.patch.dict(os.environ, GEMMABENCH_DATA=str(ROOT / "scripts/pocket/data")):
            self.assertEqual(self.model.run("mmlu", limit=1).info()["specification"]["type"], "mmlu")
            for tasks in ("mmlu", ["mmlu"], {"mmlu": {"shots": 0}}):
                self.assertEqual(len(gb.sweep({"models": MODEL, "tasks": tasks, "limit": 1}, cache=False).runs()), 1)

    def test_whole_numbers_of_other_types(self):
        one = Number(1)
        self.assertEqual(self.model.run(gb.task("mmlu", subset="abstract_algebra", shots=Number(0)), limit=one).count(), 1)
        self.assertEqual(self.model.detokenize([Number(5)]), self.model.detokenize([5]))
        self.assertEqual(self.run_of_it.sample(Number(0))["id"], self.run_of_it.sample(0)["id"])
        self.assertEqual(gb.sweep({**PLAN, "limit": one, "runs": one}, cache=False).runs()[0].count(), 1)
        self.assertRaises(IndexError, self.run_of_it.sample, -1)


class ProcessTests(unittest.TestCase):
    """Each in an interpreter of its own, whose end says whether it crashed."""

    def program(self, text, status=0, seconds=120):
        begin = f"import copy, gc, os, pickle, sys, threading, time\nimport gemmabench as gb\nMODEL, MMLU = {MODEL!r}, {MMLU!r}\n"
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "program.py"
            path.write_text(begin + textwrap.dedent(text))
            done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=seconds,
                                  env={**os.environ, "PYTHONPATH": str(PACKAGE), "GEMMABENCH_CACHE": "off"})
        self.assertEqual(done.returncode, status, f"{done.stdout}\n{done.stderr}")
        return done.stdout

    def test_a_copy_that_is_closed(self):
        self.program("""
            model = gb.load_model(MODEL)
            try: copy.copy(model).close()
            except TypeError: pass
            gc.collect()
            print(model.generate("2+3=", max_tokens=4)["text"])
        """)

    def test_pools_that_spawn(self):
        for pool in ("multiprocessing.get_context('spawn').Pool(2)",
                     "concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context('spawn'))"):
            said = self.program(f"""
                import concurrent.futures, multiprocessing
                def count(model): return len(model.tokenize("one two"))
                def open_and_count(path):
                    with gb.load_model(path, threads=1) as model: return count(model)
                if __name__ == "__main__":
                    model = gb.load_model(MODEL)
                    with {pool} as pool:
                        try: list(pool.map(count, [model, model]))
                        except TypeError as error: print("REFUSED", "gb.load_model" in str(error))
                        print("OPENED", len(set(pool.map(open_and_count, [MODEL] * 4))))
            """)
            self.assertIn("REFUSED True", said)
            self.assertIn("OPENED 1", said)

    def test_forks_use_what_was_opened_before(self):
        said = self.program("""
            import warnings
            warnings.simplefilter("ignore")
            model = gb.load_model(MODEL)
            task = gb.task(**MMLU)
            run = model.run(task, limit=1)
            made = model.generate("one", max_tokens=3)["tokens"]
            report = gb.sweep({"models": [MODEL], "tasks": [MMLU], "limit": 1}, cache=False)
            children = []
            for _ in range(4):
                child = os.fork()
                if child == 0:
                    same = (model.generate("one", max_tokens=3)["tokens"] == made and run.count() == 1
                            and model.run(task, limit=1).count() == 1 and len(report.table()) > 10)
                    with gb.load_model(MODEL) as other: same = same and other.generate("one", max_tokens=3)["tokens"] == made
                    model.close()
                    sys.exit(0 if same else 3)
                children.append(child)
            print("CHILDREN", [os.waitpid(child, 0)[1] for child in children])
            print(model.generate("one", max_tokens=3)["tokens"] == made)
        """)
        self.assertIn("CHILDREN [0, 0, 0, 0]\nTrue", said)

    def test_the_end_of_the_interpreter(self):
        for text in ("model = gb.load_model(MODEL); run = model.run(MMLU, limit=1); report = gb.sweep({'models': [MODEL], "
                     "'tasks': [MMLU], 'limit': 1}); runs = report.runs(); cycle = [model]; cycle.append(cycle)",
                     # A call at work on another thread, while everything is torn down.
                     "model = gb.load_model(MODEL)\n"
                     "def work():\n    while True: model.run(MMLU)\n"
                     "threading.Thread(target=work, daemon=True).start()\ntime.sleep(0.3)",
                     "class Own(gb.Task):\n    name = 'own'\n    max_tokens = 2\n    def samples(self): return [1]\n"
                     "    def prompt(self, sample): return 'x'\n    def score(self, sample, response): return 1\n"
                     "own = Own(); run = gb.load_model(MODEL).run(own); own.cycle = own"):
            for _ in range(3):
                self.program(text)
