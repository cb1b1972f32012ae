"""Prints what a run measured, in the form that every front of Tests/Fronts/Agreement prints.

With --command FILE... it reads the JSON that the command printed: the report, and the samples.
"""

import json
import os
import sys


def show(stats, samples):
    """One line of statistics, then the first log-likelihood of every sample."""
    print("%.17g %.17g %.17g %.17g %d" % stats)
    for sample in samples:
        print("%.17g" % sample["log_likelihoods"][0])


def from_library():
    """Runs the task through the binding."""
    import gemmabench

    with gemmabench.load_model(os.environ["GEMMABENCH_TEST_MODEL"]) as model:
        run = model.run(gemmabench.task("mmlu", subset="mathematics", shots=2))
        stats = run.stats()
        show((stats.mean, stats.standard_error, stats.lower, stats.upper, stats.count), run.samples())


def from_command(report, samples):
    """Reads what `gemmabench run --format json` and `--format samples` printed."""
    with open(report, encoding="utf-8") as file:
        estimate = json.load(file)["cells"][0]["run"]["metrics"]["accuracy"]
    with open(samples, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    keys = ("mean", "standard_error", "lower", "upper", "count")
    show(tuple(estimate[key] for key in keys), rows)


if len(sys.argv) > 1:
    from_command(*sys.argv[2:])
else:
    from_library()
