"""Tasks that are subclasses of gemmabench.Task: runs, sweeps, hooks, exceptions."""

import gc
import os
import traceback
import unittest
import weakref

import gemmabench as gb

MODEL = os.environ["GEMMABENCH_TEST_MODEL"]


class Sums(gb.Task):
    name = "sums"
    stops = ["\n"]
    max_tokens = 4

    def samples(self):
        return [{"a": a, "b": 2} for a in range(1, 5)]

    def prompt(self, sample):
        return f"{sample['a']} + {sample['b']} ="

    def target(self, sample):
        return str(sample["a"] + sample["b"])

    def score(self, sample, response):
        return {"score": self.target(sample) in response["text"], "prediction": response["text"]}


class RepeatedSums(Sums):
    repeats = 3
    temperature = 1.5


class Opposites(gb.Task):
    name = "opposites"
    metric = "accuracy"
    choices = [" cold", " warm"]

    def samples(self):
        return [{"word": "hot", "answer": "cold"}]

    def prompt(self, sample):
        return f"The opposite of {sample['word']} is"


class OwnTaskTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = gb.load_model(MODEL, name="tiny", threads=1)

    def test_a_task_of_ones_own_runs_like_any_other(self):
        with Sums() as task:
            self.assertEqual(task.info()["name"], "sums")
            self.assertEqual(task.prompts(1)[0]["context"], "1 + 2 =")
            run = self.model.run(task)
        self.assertEqual([sample["target"] for sample in run.samples()], ["3", "4", "5", "6"])
        self.assertEqual(run.stats().unscored, 0)

    def test_the_target_decides_where_there_is_no_score(self):
        sample = self.model.run(Opposites()).sample(0)
        likelier = sample["log_likelihoods"][0] >= sample["log_likelihoods"][1]
        self.assertEqual(sample["score"], float(likelier))

    def test_repeats_give_each_sample_several_responses(self):
        run = self.model.run(RepeatedSums())
        self.assertTrue(all(len(sample["responses"]) == len(sample["response_scores"]) == 3 for sample in run.samples()))
        self.assertIn("score_maj@3", run.info()["metrics"])
        self.assertIsNotNone(run.stats().sampling_variance)
        self.assertIsNone(self.model.run(Sums()).stats().sampling_variance)
        self.assertEqual(gb.power(difference=0.05, repeats=3)["repeats"], 3)

    def test_an_exception_keeps_its_traceback_and_the_run(self):
        class Broken(Sums):
            def score(self, sample, response):
                return {}["missing"] if sample["a"] == 3 else 1

        error = None
        try:  # assertRaises would drop the traceback
            self.model.run(Broken())
        except KeyError as caught:
            error = caught
        frames = traceback.extract_tb(error.__traceback__)
        self.assertEqual((frames[-1].name, os.path.basename(frames[-1].filename)), ("score", "test_own_tasks.py"))
        run = error.run
        self.assertIn("sums: sample 2: score: test_own_tasks.py:", run.info()["failure"])
        self.assertIn("score_failed", [flag for sample in run.samples() for flag in sample["flags"]])
        if hasattr(error, "__notes__"):
            self.assertIn("sample 2", error.__notes__[0])

    def test_control_c_comes_out(self):
        class Interrupted(Sums):
            def prompt(self, sample):
                raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            self.model.run(Interrupted())
        with self.assertRaises(KeyboardInterrupt):
            gb.sweep({"models": [MODEL], "tasks": [Interrupted(), Opposites()]})
        self.assertEqual(self.model.run(Opposites()).count(), 1)

    def test_an_answer_that_cannot_be_used_names_the_sample(self):
        class Half(Sums):
            def score(self, sample, response):
                return 0.5

        with self.assertRaisesRegex(gb.CallbackFailedError, "sums: sample .: score: .*binary") as caught:
            self.model.run(Half())
        self.assertIsNotNone(caught.exception.run)

        class Graded(Half):
            metric = {"name": "part", "binary": False}

        self.assertEqual(self.model.run(Graded()).stats().mean, 0.5)

    def test_a_metric_keeps_its_direction_and_its_unit(self):
        class Typos(Sums):
            name = "typos"
            metric = {"name": "errors", "binary": False, "upper": 100, "higher_is_better": False, "unit": "errors"}

            def score(self, sample, response):
                return 39.75

        task = Typos()
        self.assertEqual([(metric["unit"], metric["higher_is_better"]) for metric in task.info()["metrics"]], [("errors", False)])
        found = self.model.run(task).info()["metrics"]["errors"]
        self.assertEqual((found["unit"], found["higher_is_better"], found["mean"]), ("errors", False, 39.75))
        stats = self.model.run(task).stats()
        self.assertEqual((stats.unit, stats.higher_is_better), ("errors", False))
        self.assertIn("39.75 errors", str(stats))
        report = gb.sweep({"models": [MODEL], "tasks": [Typos()]})
        for form in ("table", "short", "markdown", "summary", "html"):
            self.assertIn("39.75 errors", report.render(form), form)
            self.assertNotIn("3975", report.render(form), form)
        wrong = type("Wrong", (Typos,), {"metric": {"name": "errors", "unit": "two\nlines"}})
        self.assertRaisesRegex(gb.InvalidArgumentError, "\"unit\" must be", wrong().info)

    def test_bad_tasks_are_refused(self):
        with self.assertRaisesRegex(gb.InvalidArgumentError, "subclass of Task"):
            gb.Task().info()
        nameless = type("Nameless", (Sums,), {"name": ""})
        self.assertRaises(gb.InvalidArgumentError, nameless().info)
        empty = type("Empty", (Sums,), {"samples": lambda self: []})
        self.assertRaisesRegex(gb.InvalidArgumentError, "at least one sample", empty().info)
        task = Sums()
        task.close()
        self.assertRaisesRegex(gb.InvalidArgumentError, "was closed", task.info)

    def test_sweeps_take_tasks_of_ones_own(self):
        class Failing(Sums):
            name = "failing"

            def score(self, sample, response):
                raise ValueError("no")

        samples, cells = [], []
        report = gb.sweep({"models": [MODEL], "tasks": [Sums(), Failing(), {"type": "mmlu", "subset": "abstract_algebra",
                                                                         "shots": 0, "name": "algebra"}]},
                          on_sample=samples.append, on_cell=cells.append)
        names = [run.info()["task"] for run in report.runs()]
        self.assertEqual(names, ["sums", "failing", "algebra"])
        self.assertEqual([cell["task"] for cell in cells], names)
        self.assertGreater(len(samples), 6)
        self.assertIn("ValueError: no", report.table())
        with gb.task("mmlu", subset="abstract_algebra", shots=0) as task:
            self.assertRaisesRegex(gb.InvalidArgumentError, "as its options", gb.sweep,
                                   {"models": [MODEL], "tasks": [task]})

    def test_an_exception_in_a_hook_comes_out_with_what_was_done(self):
        def fail(_):
            raise RuntimeError("enough")

        with self.assertRaisesRegex(RuntimeError, "enough") as caught:
            gb.sweep({"models": [MODEL], "tasks": [Sums(), Opposites()]}, on_cell=fail)
        self.assertEqual(len(caught.exception.report.runs()), 1)
        with self.assertRaisesRegex(RuntimeError, "enough") as caught:
            self.model.run(Sums(), on_sample=fail)
        self.assertGreater(caught.exception.run.count(), 0)
        stopped = self.model.run(Sums(), on_sample=lambda sample: False)
        self.assertEqual(stopped.cancelled, stopped.count() < 4)  # what the pass had finished is kept

    def test_a_task_goes_when_nothing_refers_to_it(self):
        task = Sums()
        self.model.run(task, limit=1)
        watch = weakref.ref(task)
        del task
        gc.collect()
        self.assertIsNone(watch())


if __name__ == "__main__":
    unittest.main()
