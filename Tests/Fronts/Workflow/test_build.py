"""What a build says of itself: the version, the commit, and results that carry both."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from test_workflow import ROOT, run

COMMIT = re.compile(r"^[0-9a-f]{40,64}(-modified)?$")


class BuildTests(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-build-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def git(self, *words):
        done = subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=self.folder / "clone",
                              capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def noted(self, repository):
        """What the script notes of a repository, and when it wrote the file."""
        target = self.folder / "noted"
        target.mkdir(exist_ok=True)
        subprocess.run([ROOT / "tools/build/note_commit.sh", repository, target], check=True)
        file = target / "NotedCommit.swift"
        found = re.fullmatch(r'let notedCommit = "(.*)"\n', file.read_text())
        return found.group(1), file.stat().st_mtime_ns

    def test_the_commit_is_noted_and_touched_only_when_it_changes(self):
        clone = self.folder / "clone"
        clone.mkdir()
        self.assertEqual(self.noted(clone)[0], "", "an archive has no commit")
        if shutil.which("git") is None:
            self.skipTest("git is not installed")
        self.git("init", "-q")
        self.assertEqual(self.noted(clone)[0], "", "nor has a repository without one")
        (clone / "Sources").mkdir()
        (clone / "Sources/file").write_text("one\n")
        (clone / "below").mkdir()
        (clone / "below/other").write_text("one\n")
        self.git("add", "-A")
        self.git("commit", "-qm", "one")
        first = self.git("rev-parse", "HEAD")
        noted = self.noted(clone)
        self.assertEqual(noted[0], first)
        (clone / "untracked").write_text("x")
        (clone / "below/other").write_text("two\n")
        self.assertEqual(self.noted(clone), noted, "what is not built does not count")
        (clone / "Sources/file").write_text("two\n")
        self.assertEqual(self.noted(clone)[0], f"{first}-modified")
        self.git("commit", "-qam", "two")
        self.assertEqual(self.noted(clone)[0], self.git("rev-parse", "HEAD"))
        # An archive unpacked inside somebody's repository is not that repository.
        self.assertEqual(self.noted(clone / "below")[0], "")
        self.assertEqual(self.git("status", "--porcelain"), "?? untracked")

    def test_version(self):
        facts = json.loads(run("version", "--format", "json").stdout)
        self.assertEqual(facts["version"], run("--version").stdout.strip())
        if facts["commit"] is not None:
            self.assertRegex(facts["commit"], COMMIT)
        self.assertEqual(run("version").stdout, f"gemmabench {facts['version']}, commit {facts['commit'] or 'unknown'}\n")

    def test_results_carry_the_build(self):
        facts = json.loads(run("version", "--format", "json").stdout)
        output = self.folder / "out"
        run("run", "Tests/Fronts/Workflow/small.yaml", "--limit", 1, "--quiet", "--output", output)
        report = json.loads((output / "comprehensive_report.json").read_text(encoding="utf-8"))
        kept = json.loads(run("history", output, "--format", "json").stdout)[0]["environment"]
        self.assertEqual(report["environments"], [kept])
        self.assertEqual((kept["version"], kept["commit"]), (facts["version"], facts["commit"]))
        self.assertEqual(kept["arithmetic"], "automatic")
        if facts["commit"]:
            self.assertIn(f"(commit {facts['commit'][:12]}", (output / "report.html").read_text(encoding="utf-8"))
        # Without a folder too, and read back from the report alone.
        printed = json.loads(run("run", "Tests/Fronts/Workflow/small.yaml", "--limit", 1, "--quiet", "--format", "json").stdout)
        self.assertEqual(printed["environments"], [kept])
        for name in output.glob("results.db*"):
            name.unlink()
        run("report", output)
        again = json.loads((output / "comprehensive_report.json").read_text(encoding="utf-8"))
        self.assertEqual(again["environments"], [kept])


if __name__ == "__main__":
    unittest.main()
