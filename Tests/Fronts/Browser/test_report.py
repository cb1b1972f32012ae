"""report.html in a real browser: it renders, sorts, filters, shows what models wrote as text, and loads nothing.

    python3 Tests/Fronts/Browser/test_report.py COMMAND        # the gemmabench command that makes the page
GEMMABENCH_SCREENSHOTS names a folder for pictures to look at; GEMMABENCH_LARGE_PAGE a page to time (see docs/reports.md).
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import browser

ROOT = pathlib.Path(__file__).resolve().parents[3]
POCKET = ROOT / "scripts/pocket"
COMMAND = sys.argv.pop(1) if len(sys.argv) > 1 else "gemmabench"
ATTACK = "</script><script>window.attacked = true</script><img src=x onerror='window.attacked = true'>\u202etxet"

SWEEP = """
local bench = require "gemmabench"
local report = bench.sweep {
  name = "two <b>models</b>",
  models = { "POCKET/models/pocket-1m", "POCKET/models/pocket-6m" },
  tasks = { { "mmlu", subset = "all", shots = 5, data = "POCKET/data/mmlu" }, { "gsm8k", data = "DATA" } },
  limit = 40,
}
report:write "OUT"
"""


def make_report(folder):
    """Runs a small sweep; one of its problems is an attack on the page."""
    data = folder / "data"
    data.mkdir()
    for name in ("train", "test"):
        lines = (POCKET / f"data/gsm8k/{name}.jsonl").read_text(encoding="utf-8").splitlines()
        if name == "test":
            first = json.loads(lines[0])
            first["question"] = ATTACK + first["question"]
            lines[0] = json.dumps(first)
        (data / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    script = folder / "sweep.lua"
    script.write_text(SWEEP.replace("POCKET", str(POCKET)).replace("DATA", str(data)).replace("OUT", str(folder / "out")))
    subprocess.run([COMMAND, "script", "--quiet", str(script)], check=True, stdin=subprocess.DEVNULL)
    return folder / "out"


class ReportPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.out = make_report(pathlib.Path(cls.folder.name))
        cls.samples = [json.loads(line) for line in (cls.out / "samples.jsonl").read_text(encoding="utf-8").splitlines()]
        cls.browser = browser.Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.folder.cleanup()

    def setUp(self):
        self.browser.problems.clear()
        self.browser.requests.clear()
        self.page = self.out / "report.html"
        self.browser.open(self.page)

    def tearDown(self):
        self.assertEqual(self.browser.problems, [])
        self.assertEqual([url for url in self.browser.requests if not url.startswith("file:")], [])
        self.assertLessEqual(len([url for url in self.browser.requests if url.startswith("file:")]), 1)

    def count(self):
        """How many samples pass the filters, as the page says."""
        words = self.browser.value("document.getElementById('sample-count').textContent")
        return 0 if words.startswith("no sample") else int(words.split(" of ")[1].split()[0])

    def choose(self, name, label):
        """Chooses an option of a filter by its text."""
        self.browser.value(f"""(() => {{
          const select = document.getElementById('filter-{name}');
          select.value = [...select.options].find((option) => option.textContent === {json.dumps(label)}).value;
          select.dispatchEvent(new Event('change'));
        }})()""")

    def right(self, model, task):
        return {s["id"]: s["score"] for s in self.samples if s["model"] == model and s["task"].startswith(task)}

    def test_renders_every_section(self):
        titles = self.browser.value("[...document.querySelectorAll('h2')].map((title) => title.textContent)")
        for title in ("Leaderboard", "Scores", "Who is better", "Subjects", "Samples", "How it was made"):
            self.assertIn(title, titles)
        self.assertEqual(self.browser.value("document.querySelector('h1').textContent"), "two <b>models</b>")
        # Nothing is wider than the page; what is too wide scrolls within itself.
        self.assertLessEqual(self.browser.value("document.documentElement.scrollWidth"), 1280)
        self.shoot("light")
        self.browser.theme("dark")
        dark = self.browser.value("getComputedStyle(document.body).backgroundColor")
        self.shoot("dark")
        self.browser.theme("light")
        self.assertNotEqual(dark, self.browser.value("getComputedStyle(document.body).backgroundColor"))
        self.browser.value("document.getElementById('theme').click()")
        self.assertEqual(dark, self.browser.value("getComputedStyle(document.body).backgroundColor"))

    def test_tables_sort(self):
        column = """(() => {
          const table = [...document.querySelectorAll('#subjects table')][0];
          const header = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent.startsWith('score'));
          %s
          return [...table.tBodies[0].rows].map((row) => parseFloat(row.cells[header].textContent));
        })()"""
        before = self.browser.value(column % "")
        self.assertGreater(len(set(before)), 2)
        up = self.browser.value(column % "table.tHead.rows[0].cells[header].querySelector('button').click();")
        self.assertEqual(up, sorted(before))
        down = self.browser.value(column % "table.tHead.rows[0].cells[header].querySelector('button').click();")
        self.assertEqual(down, sorted(before, reverse=True))

    def test_filters_give_what_the_records_say(self):
        small, large = self.right("pocket-1m", "mmlu"), self.right("pocket-6m", "mmlu")
        self.assertEqual(self.count(), len(small))
        self.choose("model", "pocket-1m")
        self.choose("verdict", "wrong")
        self.assertEqual(self.count(), sum(score == 0 for score in small.values()))
        self.choose("other", "pocket-6m")
        self.assertEqual(self.count(), sum(score == 0 and large[name] == 1 for name, score in small.items()))
        self.choose("subject", "opposites")
        self.assertEqual(self.count(), sum(score == 0 and large[name] == 1 and name.startswith("opposites/")
                                           for name, score in small.items()))

    def test_searches_texts(self):
        self.choose("verdict", "all")
        wanted = self.samples[3]["id"]
        self.browser.value(f"""(() => {{
          const input = document.getElementById('filter-text');
          input.value = {json.dumps(wanted)};
          input.dispatchEvent(new Event('input'));
        }})()""")
        found = sum(wanted in name for name in self.right("pocket-1m", "mmlu"))
        self.browser.wait(f"document.getElementById('sample-count').textContent.endsWith(' of {found} samples')")

    def test_pages(self):
        self.assertGreater(self.count(), 50)
        first = self.browser.value("document.querySelector('#sample-rows td').textContent")
        self.browser.value("document.getElementById('page-after').click()")
        self.assertNotEqual(first, self.browser.value("document.querySelector('#sample-rows td').textContent"))
        self.assertTrue(self.browser.value("document.getElementById('sample-count').textContent.startsWith('51 to')"))

    def test_a_sample_opens_with_its_prompt_and_answers(self):
        self.browser.value("document.querySelector('#sample-rows tr').click()")
        shown = self.browser.value("document.querySelector('#sample-rows tr.detail').innerText")
        self.assertIn("The following are multiple choice questions", shown)
        self.assertIn("pocket-6m: answer", shown)
        self.assertIn("% among the choices", shown)
        self.browser.value("document.querySelector('#sample-rows tr.detail').scrollIntoView()")
        self.shoot("sample")
        self.browser.value("document.querySelector('#sample-rows tr').click()")
        self.assertFalse(self.browser.value("!!document.querySelector('#sample-rows tr.detail')"))

    def test_an_attack_shows_as_text(self):
        name = next(s["task"] for s in self.samples if s["task"].startswith("gsm8k"))
        self.choose("sheet", name)
        self.browser.value("document.querySelector('#sample-rows tr').click()")
        shown = self.browser.value("document.querySelector('#sample-rows tr.detail').innerText")
        self.assertIn(ATTACK.replace("\u202e", "\\u202E"), shown)
        self.assertIsNone(self.browser.value("window.attacked"))

    def test_reads_on_a_narrow_screen(self):
        self.browser.call("Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=1, mobile=True)
        try:
            self.assertLessEqual(self.browser.value("document.documentElement.scrollWidth"), 390)
            self.shoot("narrow")
            # A short cell is one line high, words are not broken, and a link leads to a head that nothing covers.
            heights = self.browser.value("""[...document.querySelectorAll('#scores td')]
              .map((cell) => cell.getBoundingClientRect().height / parseFloat(getComputedStyle(cell).lineHeight))""")
            self.assertLess(max(heights), 2)
            self.browser.value("document.querySelector('nav a[href=\"#samples\"]').click()")
            covered = self.browser.value("""(() => {
              const head = document.querySelector('#samples h2').getBoundingClientRect();
              const top = document.elementFromPoint(head.left + 5, head.top + head.height / 2);
              return top === null ? 'nothing' : top.tagName;
            })()""")
            self.assertEqual(covered, "H2")
        finally:
            self.browser.call("Emulation.clearDeviceMetricsOverride")

    def shoot(self, name):
        folder = os.environ.get("GEMMABENCH_SCREENSHOTS")
        if folder:
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
            self.browser.screenshot(pathlib.Path(folder) / f"{name}.png", whole=name in ("light", "dark"))


@unittest.skipUnless(os.environ.get("GEMMABENCH_LARGE_PAGE"), "a large page is timed only when asked for")
class LargePage(unittest.TestCase):
    def test_stays_quick(self):
        with_page = browser.Browser()
        try:
            print(f"opened in {with_page.open(os.environ['GEMMABENCH_LARGE_PAGE']):.2f} s")
            for action in ("document.getElementById('page-after').click()",
                           "document.querySelector('#sample-rows tr').click()",
                           "(() => { const s = document.getElementById('filter-verdict'); s.value = 'wrong'; "
                           "s.dispatchEvent(new Event('change')); })()"):
                start = time.monotonic()
                with_page.value(action)
                print(f"{time.monotonic() - start:.3f} s  {action[:60]}")
            start = time.monotonic()
            with_page.value("(() => { const i = document.getElementById('filter-text'); i.value = 'zzzz'; "
                            "i.dispatchEvent(new Event('input')); })()")
            with_page.wait("document.getElementById('sample-count').textContent.startsWith('no sample')", 60)
            print(f"{time.monotonic() - start:.3f} s  search through every text")
            self.assertEqual(with_page.problems, [])
        finally:
            with_page.close()


if __name__ == "__main__":
    if browser.executable() is None:
        print("NOT RUN: no Chromium here (apt-get install chromium)")
        print("0 passed, 0 failed")
        sys.exit(0)
    result = unittest.main(exit=False, verbosity=1).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed")
    sys.exit(1 if failed else 0)
