"""Power and sample sizes through the library and the command."""

import itertools
import json
import math
import subprocess
import unittest

import gemmabench as gb

from support import COMMAND, command, numbers


class Planning(unittest.TestCase):
    """Power where nothing can be planned, and where no number suffices."""

    def test_answers_are_numbers_or_none(self):
        answers = 0
        for design, baseline, difference, items, discordance, (sampling, runs) in itertools.product(
                ("paired", "independent"), (1e-300, 0.5, 1), (None, -1, 1e-300, 0.5), (None, 1, 10**9), (None, 1e-300, 1),
                ((0, 1), (0.25, 2))):
            if difference is None and items is None:
                continue
            try:
                found = gb.power(design, baseline=baseline, difference=difference, items=items, discordance=discordance,
                                 sampling_variance=sampling, runs=runs)
            except gb.InvalidArgumentError as error:
                self.assertRegex(str(error), "power: difference")
                continue
            answers += 1
            self.assertTrue(all(map(math.isfinite, numbers(found))), found)
            for share in ("power", "minimum_detectable_effect"):
                self.assertTrue(found[share] is None or 0 <= found[share] <= 1, found)
        self.assertGreater(answers, 50)

    def test_what_cannot_be_planned_is_an_error(self):
        for wrong in ({}, {"items": 0}, {"items": -1}, {"items": 10**30}, {"difference": math.nan}, {"difference": 2},
                      {"difference": 0.1, "baseline": math.nan}, {"difference": 0.1, "power": 1},
                      {"difference": 0.1, "significance": math.inf}, {"half_width": math.nan}, {"half_width": -0.1},
                      {"items": 5, "discordance": 2}, {"items": 5, "sampling_variance": 0.3}, {"items": 5, "runs": -1}):
            with self.assertRaises((gb.InvalidArgumentError, OverflowError), msg=wrong):
                gb.power(**wrong)

    def test_the_command_says_so(self):
        self.assertIn("no number suffices", command("power", "--baseline", 1, "--items", 5))
        self.assertIn("no number suffices", command("power", "--items", 1))
        found = json.loads(command("power", "--difference", "0.5", "--items", 1, "--format", "json"))
        self.assertTrue(all(map(math.isfinite, numbers(found))))
        for wrong in (["--items", 0], ["--difference", "nan"], ["--difference", 2], []):
            made = subprocess.run([COMMAND, "power", *map(str, wrong)], capture_output=True, text=True, check=False)
            self.assertNotEqual(made.returncode, 0, wrong)
            self.assertNotRegex(made.stderr, "Fatal|Illegal", wrong)
