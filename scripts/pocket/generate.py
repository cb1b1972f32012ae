"""Makes the splits of pocket-mmlu and pocket-gsm8k from a seed, the same bytes on every run.

    python scripts/pocket/generate.py           writes scripts/pocket/data
    python scripts/pocket/generate.py --check   makes them again elsewhere and compares with the committed files

Needs only the standard library. Within a task no item occurs twice, in one split or across splits.
"""

import argparse
import csv
import filecmp
import json
import random
import sys
import tempfile
from pathlib import Path

from multiple_choice import LETTERS, SUBJECTS, Item, draw_item
from word_problems import Problem, draw_problem

DATA = Path(__file__).resolve().parent / "data"
SEED = 20260101
DEV_ITEMS, TEST_ITEMS = 5, 50
TRAIN_PROBLEMS, TEST_PROBLEMS = 300, 300


def distinct(draw, generator, count, taken):
    """Draws `count` things whose identity is not yet in `taken`, and adds them to it."""
    drawn = []
    while len(drawn) < count:
        thing, identity = draw(generator)
        if identity not in taken:
            taken.add(identity)
            drawn.append(thing)
    return drawn


def draw_choice_splits(subject):
    """The test and dev items of one subject; its generator depends on nothing but the seed and its name."""
    def draw(generator):
        item = draw_item(subject, generator)
        return item, item.identity()

    generator, taken = random.Random(f"{SEED} mmlu {subject}"), set()
    return {"test": distinct(draw, generator, TEST_ITEMS, taken), "dev": distinct(draw, generator, DEV_ITEMS, taken)}


def draw_problem_splits():
    """The test and train problems."""
    def draw(generator):
        problem = draw_problem(generator)
        return problem, problem.question

    generator, taken = random.Random(f"{SEED} gsm8k"), set()
    return {"test": distinct(draw, generator, TEST_PROBLEMS, taken),
            "train": distinct(draw, generator, TRAIN_PROBLEMS, taken)}


def write_all(folder):
    """Writes every split under `folder`, in the layouts of the original datasets."""
    for subject in SUBJECTS:
        for split, items in draw_choice_splits(subject).items():
            path = folder / "mmlu" / split / f"{subject}_{split}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerows([item.question, *item.choices, LETTERS[item.answer]] for item in items)
    (folder / "gsm8k").mkdir(parents=True, exist_ok=True)
    for split, problems in draw_problem_splits().items():
        lines = [json.dumps({"question": problem.question, "answer": problem.answer}) + "\n" for problem in problems]
        (folder / "gsm8k" / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8", newline="\n")


def read_items(subject, split, folder=DATA):
    """Reads the items of one committed CSV file."""
    with open(folder / "mmlu" / split / f"{subject}_{split}.csv", encoding="utf-8", newline="") as file:
        return [Item(subject, question, tuple(choices), LETTERS.index(letter))
                for question, *choices, letter in csv.reader(file)]


def read_problems(split, folder=DATA):
    """Reads the problems of one committed jsonl file."""
    lines = (folder / "gsm8k" / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Problem(**json.loads(line)) for line in lines]


def relative_files(folder):
    """The files under a folder, by relative name."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def check():
    """Makes the data in a temporary folder and returns the names that differ from the committed ones."""
    with tempfile.TemporaryDirectory() as temporary:
        fresh = Path(temporary)
        write_all(fresh)
        names = sorted(set(relative_files(fresh)) | set(relative_files(DATA)))
        return [name for name in names if not (fresh / name).is_file() or not (DATA / name).is_file()
                or not filecmp.cmp(fresh / name, DATA / name, shallow=False)]


def main():
    """Writes or checks the data."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare a fresh generation with the committed files")
    if parser.parse_args().check:
        different = check()
        for name in different:
            print(f"differs: {name}; run generate.py without --check to write it again", file=sys.stderr)
        sys.exit(1 if different else 0)
    write_all(DATA)


if __name__ == "__main__":
    main()
