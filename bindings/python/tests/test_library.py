"""The library through the binding: real models, real runs, and every way to misuse them."""

import inspect
import os
import pathlib
import tempfile
import threading
import unittest

import gemmabench as gb

MODEL = os.environ["GEMMABENCH_TEST_MODEL"]
ROOT = pathlib.Path(__file__).resolve().parents[3]


class ModelTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = gb.load_model(MODEL, name="tiny", threads=1)
        cls.task = gb.task("mmlu", subset="abstract_algebra", shots=0)

    def test_the_library_describes_itself(self):
        self.assertRegex(gb.version(), r"^\d+\.\d+\.\d+$")
        self.assertIn("version", gb.system_info())
        self.assertLessEqual({"mmlu", "gsm8k"}, {entry["type"] for entry in gb.tasks()})

    def test_a_model_tells_its_name(self):
        self.assertEqual(self.model.info()["name"], "tiny")

    def test_a_text_survives_its_tokens(self):
        tokens = self.model.tokenize("hello there")
        self.assertEqual(self.model.detokenize(tokens), "hello there")
        self.assertEqual(len(self.model.tokenize("hello there", bos=True)), len(tokens) + 1)
        self.assertEqual(self.model.detokenize([]), "")

    def test_a_conversation_becomes_a_prompt(self):
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": " Grüße "}]
        text = self.model.apply_chat_template(messages)
        self.assertEqual(text, "<bos><start_of_turn>user\nBe brief.\n\nGrüße<end_of_turn>\n<start_of_turn>model\n")
        self.assertTrue(text.startswith(self.model.apply_chat_template(messages, add_generation_prompt=False)))
        tokens = self.model.tokenize(text, bos=True)
        self.assertEqual((tokens.count(2), tokens[0]), (1, 2))
        for wrong in [[], [{"role": "user"}], [{"role": "assistant", "content": "Hi"}]]:
            self.assertRaises(gb.InvalidArgumentError, self.model.apply_chat_template, wrong)
        self.assertRaises(gb.InvalidArgumentError, self.model.apply_chat_template, messages, thinking=True)
        self.assertEqual(self.model.apply_chat_template(messages, thinking=False), self.model.apply_chat_template(messages))

    def test_a_run_may_chat(self):
        with self.model.run(self.task, limit=1, chat_template=True) as run:
            info = run.info()
            self.assertEqual(info["chat_template"], "gemma3")
            self.assertEqual(info["first_prompt_tokens"].count(2), 1)

    def test_scores_are_log_probabilities(self):
        scores = self.model.score(self.model.tokenize("hello", bos=True), self.model.tokenize(" there"))
        self.assertEqual(len(scores), len(self.model.tokenize(" there")))
        self.assertTrue(all(score <= 0 for score in scores))

    def test_generation_ends_where_it_is_told(self):
        made = self.model.generate("hello", max_tokens=3)
        self.assertLessEqual(len(made["tokens"]), 3)
        seen = []
        self.model.generate("hello", max_tokens=8, on_token=lambda token, text: seen.append((token, text)) or False)
        self.assertLessEqual(len(seen), 1)

    def test_a_run_has_samples_and_statistics(self):
        with self.model.run(self.task, limit=2) as run:
            self.assertGreater(run.count(), 0)
            self.assertEqual(len(list(run.samples())), run.count())
            self.assertFalse(run.cancelled)
            self.assertIsInstance(run.info(), dict)
            stats = run.stats(confidence_level=0.9)
            self.assertEqual((stats.count, stats.confidence_level), (run.count(), 0.9))
            self.assertLessEqual(stats.lower, stats.mean)
            self.assertLessEqual(stats.mean, stats.upper)
            self.assertIn(f"n={stats.count}", str(stats))
            with self.assertRaises(IndexError):
                run.sample(run.count())

    def test_a_seed_draws_the_same_text_again(self):
        def draw(seed):
            return self.model.generate("hello", max_tokens=12, temperature=1.5, seed=seed)["text"]
        self.assertEqual(draw(7), draw(7))
        self.assertGreater(len({draw(seed) for seed in range(1, 6)}), 1)
        self.assertEqual(self.model.generate("hello", max_tokens=5, temperature=2.0, top_k=1)["text"],
                         self.model.generate("hello", max_tokens=5)["text"])
        for wrong in ({"temperature": -1.0}, {"temperature": 1.0, "top_p": 0}, {"top_k": 4}):
            with self.assertRaises(gb.InvalidArgumentError):
                self.model.generate("hello", **wrong)

    def test_efficiency_is_measured_by_medians(self):
        with gb.task("efficiency", sample_prompts=["One day"], output_lengths=[2, 5], repetitions=3) as task:
            run = self.model.run(task, batch_size=3)
        self.assertEqual([len(s["measurements"]) for s in run.samples()], [3, 3])
        stats = run.stats(metric="time_to_first_token_seconds")
        self.assertIsNone(stats.mean)
        self.assertGreater(stats.median, 0)
        self.assertIn("median", str(stats))
        self.assertEqual(run.info()["tokens_saved"], 0)

    def test_a_run_outlives_its_model_and_task(self):
        with gb.load_model(MODEL) as model, gb.task("mmlu", subset="abstract_algebra", shots=0) as task:
            run = model.run(task, limit=1)
        self.assertGreater(run.count(), 0)
        self.assertIsNotNone(run.stats().mean)

    def test_a_task_shows_its_prompts(self):
        self.assertEqual(self.task.info()["type"], "mmlu")
        self.assertEqual(len(self.task.prompts(1)), 1)

    def test_a_model_is_quantised_to_a_file(self):
        model = ROOT / "scripts/pocket/models/pocket-1m"
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "small.gguf")
            with self.assertRaises(gb.CancelledError):
                gb.quantize(model, path, type="q8_0", progress=lambda event: False)
            self.assertEqual(os.listdir(folder), [])
            stages = []
            result = gb.quantize(model, path, type="q8_0", progress=lambda event: stages.append(event.stage))
            self.assertEqual((result["path"], result["type"], set(stages)), (path, "q8_0", {"quantize"}))
            self.assertLess(result["bytes"], 0.6 * result["bytes_before"])
            with self.assertRaisesRegex(gb.InvalidArgumentError, "already exists"):
                gb.quantize(model, path, type="q8_0")
            gb.quantize(model, path, type="q8_0", force=True)
            with gb.load_model(path) as file, gb.load_model(model, quantization="q8_0") as loaded:
                self.assertEqual(file.score([2, 10], [500, 7, 300]), loaded.score([2, 10], [500, 7, 300]))
        plain, quantised = gb.memory_estimate(model), gb.memory_estimate(model, quantization="q8_0")
        self.assertLess(quantised["weight_bytes"], plain["weight_bytes"])

    def test_one_model_serves_two_threads(self):
        counts = []
        threads = [threading.Thread(target=lambda: counts.append(self.model.run(self.task, limit=1).count()))
                   for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(counts), 2)
        self.assertEqual(counts[0], counts[1])


class ErrorTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = gb.load_model(MODEL)
        cls.task = gb.task("mmlu", subset="abstract_algebra", shots=0)

    def test_a_missing_model_is_a_missing_file(self):
        with self.assertRaisesRegex(gb.MissingFileError, "/nowhere") as caught:
            gb.load_model("/nowhere/at/all")
        self.assertIsInstance(caught.exception, FileNotFoundError)
        self.assertIsInstance(caught.exception, gb.GemmaBenchError)

    def test_bad_arguments_are_refused(self):
        refused = gb.InvalidArgumentError
        self.assertRaises(refused, gb.load_model, "a\0b")
        self.assertRaises(refused, gb.load_model, MODEL, threads=-1)
        self.assertRaises(refused, gb.load_model, MODEL, threads=2**32)
        self.assertRaises(gb.MissingFileError, gb.task, "mmmlu")
        self.assertRaisesRegex(refused, "shots", gb.task, "mmlu", shotz=5)
        self.assertRaises(refused, self.model.detokenize, [2**40])
        self.assertRaises(refused, self.model.score, [], [5])
        self.assertRaises(refused, self.model.run, self.task, limit=-1)
        self.assertRaises(TypeError, self.model.run, self.task, progress="yes")

    def test_use_after_close_is_refused(self):
        model = gb.load_model(MODEL)
        model.close()
        model.close()
        self.assertRaisesRegex(gb.InvalidArgumentError, "closed", model.info)
        run = self.model.run(self.task, limit=1)
        run.close()
        self.assertRaisesRegex(gb.InvalidArgumentError, "closed", run.stats)

    def test_an_exception_in_progress_comes_out(self):
        def fail(event):
            raise KeyError("mine")

        self.assertRaises(KeyError, self.model.run, self.task, progress=fail)

    def test_an_exception_in_on_token_comes_out(self):
        def fail(token, text):
            raise KeyError("mine")

        try:
            made = self.model.generate("hello", max_tokens=4, on_token=fail)
        except KeyError:
            return
        self.assertEqual(made["tokens"], [])  # the model ended at once, so nothing was to be seen

    def test_control_c_cancels_and_comes_out(self):
        def interrupt(event):
            raise KeyboardInterrupt

        self.assertRaises(KeyboardInterrupt, self.model.run, self.task, progress=interrupt)
        self.assertGreater(self.model.run(self.task, limit=1).count(), 0)

    def test_false_from_progress_cancels_and_keeps_what_was_done(self):
        run = self.model.run(self.task, progress=lambda event: False)
        self.assertTrue(run.cancelled)
        self.assertGreaterEqual(run.count(), 0)

    def test_a_model_closed_at_work_is_freed_afterwards(self):
        model = gb.load_model(MODEL)
        run = model.run(self.task, limit=1, progress=lambda event: model.close())
        self.assertGreater(run.count(), 0)
        self.assertRaisesRegex(gb.InvalidArgumentError, "closed", model.info)


class SweepTests(unittest.TestCase):
    plan = {"name": "python", "models": [MODEL], "tasks": [{"type": "mmlu", "subset": "abstract_algebra", "shots": 0}], "limit": 2}

    def test_a_sweep_ends_in_a_report(self):
        events = []
        report = gb.sweep(self.plan, progress=events.append)
        self.assertTrue(events)
        self.assertTrue(report.table())
        self.assertTrue(report.render("markdown"))
        self.assertEqual(len(report.runs()), 1)
        self.assertEqual(report.failures(), {})
        with tempfile.TemporaryDirectory() as folder:
            report.write(pathlib.Path(folder) / "report")
            written = {path.name for path in (pathlib.Path(folder) / "report").iterdir()}
            again = gb.read_report(pathlib.Path(folder) / "report")
        self.assertEqual(again.render("json"), report.render("json"))
        self.assertEqual(again.runs()[0].stats(), report.runs()[0].stats())
        self.assertLessEqual({"comprehensive_report.json", "executive_summary.md", "plan.yaml", "report.html",
                              "run_1_results.yaml", "samples.jsonl", "visualizations"}, written)

    def test_runs_of_reports_are_compared_and_laid_out(self):
        plan = {**self.plan, "models": [{"path": MODEL}, {"path": MODEL, "quantization": "q8_0", "name": "small"}]}
        report = gb.sweep(plan)
        found = report.compare(by="quantization", values=("none", "q8_0"), replicates=100)
        self.assertEqual([(row["second"], row["count"], row["holm"]) for row in found], [("small", 2, 1.0)])
        self.assertIn("quantization: none minus q8_0", str(found))
        self.assertEqual([row["second"] for row in report.compare(replicates=100)], ["small"])
        self.assertEqual(len(report.compare(report, replicates=100)), 4)
        self.assertRaisesRegex(gb.InvalidArgumentError, "q4_0.*did you mean", report.compare, by="quantization",
                               values=("none", "q4_0"))
        self.assertRaisesRegex(gb.InvalidArgumentError, "two of its values", report.compare, by="quantization")
        self.assertRegex(report.table(rows="quantization", columns="task"), r"q8_0 +\d+\.\d% \(")
        alone = gb.sweep(self.plan)
        self.assertRaisesRegex(gb.MissingFileError, "no two runs of one task", alone.compare)

    def test_the_schema_has_every_option(self):
        schema = gb.schema()
        names = {entry["type"]: {option["name"] for option in entry["options"]} for entry in schema["tasks"]}
        self.assertEqual(schema["tasks"], gb.tasks())
        self.assertLessEqual({"subset", "shots", "split"}, names["mmlu"])
        self.assertEqual({option["name"]: option["type"] for option in schema["model"]}["context_length"], "integer")
        self.assertIn("runs", {option["name"] for option in schema["plan"]})
        # What a call of this package takes is what the schema says, and the other way round.
        for call, function in {"load_model": gb.load_model, "generate": gb.Model.generate, "quantize": gb.quantize}.items():
            options = {name for option in schema["calls"][call] for name in [option["name"], *option["aliases"]]}
            taken = {name for name, parameter in inspect.signature(function).parameters.items()
                     if parameter.kind is parameter.KEYWORD_ONLY or name in options}
            self.assertEqual(taken, options, call)

    def test_a_task_may_be_given_as_a_plan_has_it(self):
        with gb.task({"type": "mmlu", "subset": "abstract_algebra"}, shots=0) as task:
            self.assertEqual(task.info()["specification"]["shots"], 0)

    def test_charts(self):
        report = gb.sweep(self.plan)
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            written = report.charts(folder / "all", ["svg", "png", "pdf"])
            self.assertEqual(sorted(written["files"]), sorted(path.name for path in (folder / "all").iterdir()))
            self.assertIn("heatmap.png", written["files"])
            self.assertIn("differences", [left["chart"] for left in written["left_out"]])
            report.chart("heatmap", folder / "one.pdf")
            self.assertTrue((folder / "one.pdf").read_bytes().startswith(b"%PDF"))
            for write in (lambda **more: report.chart("heatmap", folder / "one.pdf", **more),
                          lambda **more: report.charts(folder / "all", **more),
                          lambda **more: report.export("csv", folder / "one.pdf", **more)):
                with self.assertRaisesRegex(gb.InvalidArgumentError, "already exists"):
                    write()
                write(force=True)
            for chart, path in (("heatmop", "a.svg"), ("heatmap", "a.gif"), ("ranks", "a.svg")):
                with self.assertRaises(gb.InvalidArgumentError):
                    report.chart(chart, folder / path)

    def test_an_output_folder_keeps_answers_and_gives_them_back(self):
        with tempfile.TemporaryDirectory() as folder:
            output = pathlib.Path(folder) / "out"
            plan = {**self.plan, "tasks": [{"type": "mmlu", "subset": "mathematics", "shots": 0}]}
            part = gb.sweep(plan, output=output, cache=False,
                            progress=lambda event: event.stage != "run" or event.completed == 0)
            self.assertTrue(part.cancelled)
            events = []
            report = gb.sweep(plan, output=output, cache=False, progress=events.append)
            self.assertEqual((events[-1].cell, events[-1].cells, events[-1].completed), (1, 1, 10))
            self.assertGreater(events[-1].found, 0)
            self.assertLessEqual(events[-1].lower, events[-1].upper)
            again = gb.read_report(f"{output}#1")
            self.assertEqual(again.render("everything"), report.render("everything"))
            self.assertEqual([run["run"] for run in gb.history(folder)], [f"{output}#1"])
            written = report.export("lm-eval", pathlib.Path(folder) / "exported")
            self.assertTrue(all(pathlib.Path(path).is_file() for path in written))
            self.assertEqual(len(written), 6)  # the results, and the samples of five subjects
            self.assertRaisesRegex(gb.InvalidArgumentError, "lm-eval", report.export, "lm-evl", folder)
            self.assertRaises(gb.MissingFileError, gb.read_report, f"{output}#2")

    def test_a_plan_may_be_a_file_and_is_estimated_before_it_runs(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "config.yaml"
            path.write_text(f"models: {{a: {{path: '{MODEL}'}}}}\ntasks: {{mmlu: {{subset: abstract_algebra, shots: 0}}}}\n"
                            "evaluation: {runs: 2, limit: 2}\n")
            estimate = gb.estimate(path)
            report = gb.sweep(path)
            path.write_text("models: [a]\ntasks: [mmlu]\nrnus: 2\n")
            self.assertRaisesRegex(gb.InvalidArgumentError, 'config.yaml:3:1: unknown key "rnus"; did you mean "runs"',
                                   gb.sweep, path)
        self.assertEqual([cell["tokens_computed"] for cell in estimate["cells"]],
                         [run.info()["tokens_computed"] for run in report.runs()])
        self.assertEqual([run.info()["run_number"] for run in report.runs()], [1, 2])
        self.assertRaises(gb.MissingFileError, gb.sweep, "/missing/config.yaml")

    def test_a_run_keeps_its_report_alive_until_it_is_closed(self):
        report = gb.sweep(self.plan)
        run = report.runs()[0]
        report.close()
        self.assertRaisesRegex(gb.InvalidArgumentError, "closed", run.count)
        self.assertGreater(gb.sweep(self.plan).runs()[0].count(), 0)

    def test_a_sweep_that_measured_nothing_is_an_error(self):
        # More tokens than the context holds: a cell's own failure, which no look at the plan finds.
        with self.assertRaisesRegex(gb.SweepFailedError, "the only cell of the sweep failed: .*context") as caught:
            gb.sweep({"models": [{"path": MODEL, "context_length": 64}],
                      "tasks": [{"type": "efficiency", "output_lengths": [100], "repetitions": 1}]})
        self.assertEqual(len(caught.exception.report.failures()), 1)

    def test_bad_plans_are_refused(self):
        self.assertRaises(gb.InvalidArgumentError, gb.sweep, {**self.plan, "limmit": 1})
        self.assertRaises(gb.InvalidArgumentError, gb.sweep, {**self.plan, "limit": object()})
        self.assertRaises(gb.InvalidArgumentError, gb.sweep(self.plan).render, "parchment")
        self.assertRaises(gb.GemmaBenchError, gb.sweep(self.plan).write, "/proc/gemmabench/report")

    def test_a_cancelled_sweep_keeps_what_was_done(self):
        self.assertTrue(gb.sweep(self.plan, progress=lambda event: False).cancelled)

    def test_an_exception_in_a_sweep_comes_out(self):
        def interrupt(event):
            raise KeyboardInterrupt

        self.assertRaises(KeyboardInterrupt, gb.sweep, self.plan, progress=interrupt)


class StatisticsTests(unittest.TestCase):
    def test_runs_are_compared(self):
        with gb.load_model(MODEL, threads=1) as model:
            run = model.run(gb.task("mmlu", subset="mathematics", shots=0))
        found = gb.compare(run, run, margin=0.2, replicates=200)
        self.assertEqual((found["difference"], found["p_value"], found["count"]), (0, 1, 15))
        self.assertLess(found["lower"], 0)
        self.assertIsNone(found["equivalence"])
        self.assertEqual(gb.compare(run, run, clusters="subject")["clusters"], 5)
        clustered = run.stats(clusters="subject", interval="bootstrap", replicates=300, seed=7)
        self.assertEqual(clustered, run.stats(clusters="subject", interval="bootstrap", replicates=300, seed=7))
        self.assertRaisesRegex(gb.InvalidArgumentError, "margin: a number above 0", gb.compare, run, run, margin=0)
        self.assertRaisesRegex(gb.InvalidArgumentError, "wilson", run.stats, interval="wilsn")
        self.assertRaisesRegex(gb.InvalidArgumentError, "whole number", run.stats, replicates=-1)

    def test_options_and_results_are_the_librarys(self):
        with gb.load_model(MODEL, threads=1) as model:
            run = model.run(gb.task("mmlu", subset="mathematics", shots=0))
        calls = {"stats": run.stats, "compare": lambda **options: gb.compare(run, run, **options), "power": gb.power}
        for call, function in calls.items():
            options = {option["name"]: option["default"] for option in gb.schema()["calls"][call]}
            self.assertTrue(function(**{**options, **({"items": 9} if call == "power" else {"replicates": 100})}), call)
            self.assertRaisesRegex(TypeError, f"{call}.*'confidnce_level'", function, confidnce_level=0.9)
        self.assertRaisesRegex(TypeError, "did you mean \"metric\"", run.stats, metrik="accuracy")
        stats = run.stats(trim=0.1)
        self.assertEqual(set(stats.statistics), {"trimmed_mean"})
        self.assertEqual(stats.statistics["trimmed_mean"]["count"], 13)
        self.assertEqual((stats.median, stats.clusters, run.stats().statistics), (None, None, {}))
        self.assertEqual(vars(stats)["mean"], stats.mean)

    def test_p_values_are_adjusted(self):
        self.assertEqual(gb.adjust([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])
        self.assertEqual(gb.adjust([]), [])
        self.assertRaises(gb.InvalidArgumentError, gb.adjust, [float("nan")])
        self.assertRaises(gb.InvalidArgumentError, gb.adjust, [0.5], "bonferoni")

    def test_comparisons_are_planned(self):
        self.assertEqual(gb.power("independent", difference=0.05)["items_needed"], 1565)
        self.assertGreater(gb.power(difference=0.05, items=2000, discordance=0.2)["power"], 0.9)
        self.assertIsNone(gb.power(items=3)["minimum_detectable_effect"])
        self.assertRaisesRegex(gb.InvalidArgumentError, "items: a whole number from 1", gb.power, items=0)
        self.assertRaises(gb.InvalidArgumentError, gb.power)
        self.assertRaises(gb.MissingFileError, gb.read_report, "/missing/report")


class ScriptTests(unittest.TestCase):
    def run_text(self, text, arguments=(), **options):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "sweep.lua"
            path.write_text(text)
            printed = []
            gb.run_script(path, arguments, output=printed.append, **options)
            return "".join(printed)

    def test_a_script_prints_and_takes_arguments(self):
        text = "local o = require 'gemmabench'.options {{'limit', 2}} print(o.limit)"
        self.assertEqual(self.run_text(text, ["--limit", "5"]), "5\n")

    def test_an_error_of_a_script_names_its_line(self):
        self.assertRaisesRegex(gb.CallbackFailedError, "sweep.lua:2", self.run_text, "local x = 1\nerror 'broken'")

    def test_a_runaway_script_can_be_interrupted(self):
        def interrupt(event):
            raise KeyboardInterrupt

        self.assertRaises(KeyboardInterrupt, self.run_text, "while true do end", progress=interrupt)
        self.assertRaises(gb.CancelledError, self.run_text, "while true do end", progress=lambda event: False)
