"""The command on the small trained models, and what its files say apart from times."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMMAND = os.environ["GEMMABENCH_COMMAND"]
POCKET = ROOT / "scripts/pocket"
MODEL = POCKET / "models/pocket-1m"
TIMES = re.compile(r"seconds$|_at$|^date$")
# In pages: durations and dates.
TIMES_IN_TEXT = re.compile(r"\d+\.\d+ s\b|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ| +(?=\|)|-{3,}")
# Tokens a second, the last column behind a time and three counts.
RATES_IN_TEXT = re.compile(r"(\| *[\d.]+ s *(?:\| *\d+ *){3}\|) *\d+ *\|")
# In JSON inside a page, its quotation marks escaped.
QUOTE = "(?:&quot;|&#34;|\")"
TIMES_IN_JSON = re.compile(
    rf"{QUOTE}sample_seconds{QUOTE}:.*?(?={QUOTE}(?:early_stop|efficiency){QUOTE})|{QUOTE}\w*seconds{QUOTE}: ?[-\d.e]+", re.S)


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(entry) for key, entry in value.items() if not TIMES.search(key)}
    return [without_times(entry) for entry in value] if isinstance(value, list) else value


def yaml_without_times(text):
    """Block style: a key of a time goes with what stands deeper below it."""
    kept, depth = [], None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip(" "))
        if depth is not None and indent > depth:
            continue
        depth = None
        found = re.match(r" *(?:- )?([a-z_0-9]+):", line)
        if found and TIMES.search(found.group(1)):
            depth = indent
            continue
        kept.append(line)
    return "\n".join(kept)


# Charts that show nothing but times.
CHART_OF_TIMES = re.compile(r"visualizations/(cost|latency|efficiency|memory)")
FIGURE_OF_TIMES = re.compile(r'<figure data-chart="(?:cost|latency|efficiency|memory)[^"]*">.*?</figure>', re.S)


def files_of(folder):
    """The files that a reader gets, as text without times, by name."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_dir() or name.startswith("results.db") or CHART_OF_TIMES.match(name):
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            text = json.dumps(without_times(json.loads(text)))
        elif path.suffix == ".jsonl":
            text = "\n".join(json.dumps(without_times(json.loads(line))) for line in text.splitlines())
        elif path.suffix == ".yaml":
            text = yaml_without_times(text)
        else:
            text = FIGURE_OF_TIMES.sub("", text)
            text = TIMES_IN_TEXT.sub("", RATES_IN_TEXT.sub(r"\1", TIMES_IN_JSON.sub("", text)))
        found[name] = text
    return found


class StoreTestCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-store-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = dict(os.environ, GEMMABENCH_CACHE="off")
        self.environment.pop("GEMMABENCH_DATA", None)

    def words(self, output, *more, model=MODEL, limit=30):
        return [COMMAND, "run", str(model), "mmlu", "gsm8k", "--data", str(POCKET / "data"), "--subset", "all",
                "--shots", "2", "--limit", str(limit), "--threads", "1", "--output", str(output), "--quiet", *more]

    def run_command(self, *words, code=0, **options):
        done = subprocess.run([str(word) for word in words], env=self.environment, capture_output=True, text=True,
                              timeout=120, **options)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout[-500:]} {done.stderr[-2000:]}")
        return done

    def start(self, words):
        return subprocess.Popen(words, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                text=True)

    def same(self, reference, folder):
        """That a folder's files are those of a reference that files_of gave. Reports name their folder."""
        found = files_of(folder)
        self.assertEqual(list(reference), list(found))
        for name, text in reference.items():
            self.assertEqual(text, found[name], name)
