"""Functions of the made-up tasks beside this file, one of each kind that task files name."""

import random
import re
from functools import partial

from datasets import Dataset
from lm_eval.api.filter import Filter
from lm_eval.filters.extraction import RegexFilter
from lm_eval.utils import general_detokenize


def animals(dataset, kind):
    def numbered(row, index):
        return {"place": index, "question": general_detokenize(row["question"]), "pair": (index, row["kind"])}

    made = dataset.map(numbered, with_indices=True).filter(lambda row: row["kind"] == kind)
    made = made.rename_column("hint", "clue").remove_columns(["letter"])
    return made.map(lambda batch: {"short": [text[:12] for text in batch["question"]]}, batched=True, batch_size=3)


birds = partial(animals, kind="bird")


def shuffled(dataset):
    rows = []
    for row in dataset:
        order = list(range(4))
        random.Random(len(rows)).shuffle(order)
        rows.append({**row, "choices": [row["choices"][i] for i in order], "answer": order.index(row["answer"])})
    return Dataset.from_list(rows[:9])


def text(doc):
    return f"{doc['place']}. {doc['question']}{' (' + doc['clue'] + ')' if doc['clue'] else ''} {doc['pair'][1]}?"


def target(doc):
    return doc["choices"][doc["answer"]]


def position(doc):
    return doc["answer"]


def choices(doc):
    return [choice.upper() for choice in doc["choices"]]


def samples():
    return [
        {"place": -1, "question": "Who hoots?", "clue": "", "pair": [0, "bird"], "choices": ["owl", "newt"], "answer": 0},
        {"place": -2, "question": "Who swims?", "clue": "fins", "pair": [0, "fish"], "choices": ["owl", "perch"], "answer": 1},
    ]


class Known(RegexFilter):
    """The first word that is a choice of the document."""

    def __init__(self, regex_pattern, fallback="nothing"):
        super().__init__(regex_pattern=regex_pattern, fallback=fallback)

    def apply(self, resps, docs):
        found = super().apply(resps, docs)
        return [[word if word in doc["choices"] else self.fallback for word in words] for words, doc in zip(found, docs)]


class Lengths(Filter):
    """Numbers in the place of texts."""

    def apply(self, resps, docs):
        return ([f"{len(text)}" for text in texts] for texts in resps)


def letters(resps, docs):
    return [["".join(re.findall("[a-z]", text.lower())) for text in texts] for texts in resps]


def share(references, predictions, power=1):
    made, wanted = set(str(predictions[0])), set(references[0])
    return (len(made & wanted) / max(1, len(made | wanted))) ** power


def ends(items):
    """A metric in the older form: one list of the right answer and the response."""
    return float(str(items[1])[-1:] == items[0][-1:])


def choice_results(doc, results):
    likelihoods = [value for value, _ in results]
    best = max(range(4), key=lambda i: likelihoods[i])
    return {
        "acc": best == doc["answer"], "likelihood": likelihoods[doc["answer"]], "perplexity": likelihoods[doc["answer"]],
        "f1": (doc["answer"] % 2, best % 2), "mcc": (doc["answer"] % 2, best % 2),
    }


def page_results(doc, results):
    (likelihood,) = results
    return {
        "word_perplexity": (likelihood, len(doc["page"].split())), "bits_per_byte": (likelihood, len(doc["page"].encode())),
        "long": len(doc["page"]) > 30,
    }


def note_results(doc, results):
    return {"bleu": (doc["goal"], results[0]), "chrf": ([doc["goal"]], results), "same": float(results[0].strip() == doc["goal"])}


def made_data(count, **_):
    rows = [{"n": n, "square": n * n} for n in range(count)]
    return {"test": Dataset.from_list(rows), "train": Dataset.from_dict({"n": [1], "square": [1]})}


def greedy(doc, results):
    (value, is_greedy), = results
    return {"acc": int(is_greedy), "sum": value}
