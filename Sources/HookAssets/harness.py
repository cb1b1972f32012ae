"""Stands for the package `lm_eval` where functions of task files use a little of it: base classes and small functions."""

import dataclasses
import logging
import re
import types


class Filter:
    """The base of filters."""

    def __init__(self, **_):
        pass

    def apply(self, resps, docs):
        return resps


class RegexFilter(Filter):
    """What an expression finds in each response."""

    def __init__(self, regex_pattern=r"#### (\-?[0-9\.\,]+)", group_select=0, fallback="[invalid]"):
        self.regex_pattern = regex_pattern
        self.regex = re.compile(regex_pattern)
        self.group_select = group_select
        self.fallback = fallback

    def _found(self, response):
        found = self.regex.findall(response if isinstance(response, str) else "")
        if not found:
            return self.fallback
        found = found[self.group_select]
        if isinstance(found, tuple):
            found = next((part for part in found if part), self.fallback)
        return found.strip()

    def apply(self, resps, docs):
        return [[self._found(response) for response in responses] for responses in resps]


class WhitespaceFilter(Filter):
    """Responses without white space at their ends."""

    def apply(self, resps, docs):
        return [[response.strip() for response in responses] for responses in resps]


@dataclasses.dataclass
class Instance:
    """A request."""

    request_type: str
    doc: dict
    arguments: tuple
    idx: int
    metadata: tuple = (None, None, None)
    resps: list = dataclasses.field(default_factory=list)
    filtered_resps: dict = dataclasses.field(default_factory=dict)
    task_name: str = None
    doc_id: int = None
    repeats: int = None

    def __post_init__(self):
        self.task_name, self.doc_id, self.repeats = self.metadata

    @property
    def args(self):
        return self.arguments if isinstance(self.arguments, tuple) else (self.arguments,)


class Task:
    """The base of tasks that are classes, which are not run here."""


def register(*_, **__):
    """A decorator that registers nothing."""
    return lambda what: what


def general_detokenize(string):
    for old, new in [(" n't", "n't"), (" )", ")"), ("( ", "("), ('" ', '"'), (' "', '"')]:
        string = string.replace(old, new)
    return re.sub(r" (['.,])", r"\1", string)


def weighted_f1_score(items):
    from sklearn.metrics import f1_score

    golds, answers = zip(*items)
    return f1_score(golds, answers, average="weighted")


def softmax(x):
    import numpy

    powers = numpy.exp(x - numpy.max(x))
    return powers / powers.sum()


def mean(arr):
    return sum(arr) / len(arr)


def metric_max_over_ground_truths(metric_fn, prediction, ground_truths):
    return max(metric_fn(prediction, truth) for truth in ground_truths)


PARTS = {
    "utils": {
        "general_detokenize": general_detokenize, "weighted_f1_score": weighted_f1_score, "softmax": softmax, "re": re,
        "logging": logging, "eval_logger": logging.getLogger("lm_eval"),
    },
    "api": {},
    "api.filter": {"Filter": Filter},
    "api.instance": {"Instance": Instance},
    "api.metrics": {"mean": mean, "metric_max_over_ground_truths": metric_max_over_ground_truths},
    "api.registry": {
        name: register for name in ["register_filter", "register_metric", "register_aggregation", "register_task"]
    },
    "api.task": {"Task": Task, "ConfigurableTask": Task},
    "filters": {},
    "filters.extraction": {"Filter": Filter, "RegexFilter": RegexFilter, "WhitespaceFilter": WhitespaceFilter},
    "tasks": {},
}

PACKAGE = types.ModuleType("lm_eval")


def install(modules):
    PACKAGE.__path__ = []
    modules["lm_eval"] = PACKAGE
    for name, members in PARTS.items():
        module = types.ModuleType("lm_eval." + name)
        module.__path__ = []
        vars(module).update(members)
        modules["lm_eval." + name] = module
        parent, _, last = ("lm_eval." + name).rpartition(".")
        setattr(modules[parent], last, module)


def tasks(root):
    """Modules of lm_eval.tasks lie in this folder."""
    path = PACKAGE.tasks.__path__
    if root and root not in path:
        path.append(root)
