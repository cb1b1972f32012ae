#!/usr/bin/env python3
"""Writes Sources/CatalogueFiles/tasks/bbh.yaml from the task files of lm-evaluation-harness: tasks, exemplars, filters.

  make_catalogue_bbh.py [--check] [FOLDER OF lm_eval/tasks/bbh]

The exemplars are data of the benchmark's paper, so they are copied by this script and by nobody's hand. It stops where the
harness's files are not of the form that the catalogue's file has. With --check it writes nothing, and fails if the file differs.
"""

import importlib.util
import json
import pathlib
import sys

import yaml

PATH = pathlib.Path(__file__).resolve().parents[2] / "Sources/CatalogueFiles/tasks/bbh.yaml"

HEAD = """\
# Written by tools/generate/make_catalogue_bbh.py from the task files of lm-evaluation-harness 0.4.13 (MIT licence).
# The descriptions and the three exemplars of each task are those of the paper, from
# https://github.com/suzgunmirac/BIG-Bench-Hard (MIT licence).
title: "BIG-Bench Hard: 27 subjects that language models found hard"
source: https://huggingface.co/datasets/SaylorTwift/bbh
paper: "Suzgun et al., Challenging BIG-Bench Tasks and Whether Chain-of-Thought Can Solve Them, arXiv:2210.09261"
licence: MIT
tags: [generation, reasoning]
common:
  questions: 6511
  dataset_path: SaylorTwift/bbh
  dataset_name: $subject
  output_type: generate_until
  test_split: test
  doc_to_target: "{{target}}"
"""

TITLES = {
    "bbh_cot_fewshot": "BIG-Bench Hard: three exemplars with a chain of thought",
    "bbh_fewshot": "BIG-Bench Hard: three exemplars with the answer alone",
    "bbh_cot_zeroshot": "BIG-Bench Hard: a chain of thought, no exemplars",
    "bbh_zeroshot": "BIG-Bench Hard: the answer alone, no exemplars",
}
NATIVE = {
    "utils.MultiChoiceRegexFilter": "bbh_choice", "utils.NumberParseRegexFilter": "bbh_number",
    "utils.MapRegexFilter": "bbh_map", "utils.WordSortFilter": "bbh_sorted_words",
}
# An exemplar without its chain of thought: what stands behind the last "answer is", without the full stop.
ANSWER = "{{target.split('answer is ')[-1][:-1]}}"
OF_TASK = {"dataset_name", "description", "fewshot_config", "filter_list", "include", "task"}


class Loader(yaml.SafeLoader):
    pass


Loader.add_constructor("!function", lambda loader, node: {"!function": node.value})


def read(path):
    return yaml.load(path.read_text(encoding="utf-8"), Loader)


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def block(text, indent):
    """A text of several lines as a literal block, where YAML can write it so."""
    if "\n" not in text or text[0] in " \n" or "\t" in text or any(line != line.rstrip() for line in text.split("\n")):
        return quoted(text)
    body = text.rstrip("\n")
    mark = {0: "|-", 1: "|"}.get(len(text) - len(body), "|+")
    lines = [" " * indent + line if line else "" for line in body.split("\n")]
    return mark + "\n" + "\n".join(lines) + "\n" * max(0, len(text) - len(body) - 1)


def flow(value):
    if isinstance(value, dict):
        if set(value) == {"!function"}:
            return "!native " + NATIVE[value["!function"]]
        return "{" + ", ".join(f"{key if key.isidentifier() else quoted(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return value if isinstance(value, str) and value.isidentifier() and value not in ("yes", "no") else json.dumps(value, ensure_ascii=False)


def common(template, tasks):
    """The keys that all members of a task share, without those of the file."""
    texts = {tasks[name]["doc_to_text"] for name in tasks}
    assert len(texts) == 1, texts
    keys = {key: value for key, value in template.items()
            if key not in ("dataset_path", "output_type", "test_split", "doc_to_target")}
    assert template["doc_to_target"] == "{{target}}" and template["dataset_path"] == "SaylorTwift/bbh"
    for name, task in tasks.items():
        assert set(task) <= OF_TASK | {"doc_to_text"}, (name, set(task))
        assert task["dataset_name"] == name
    return {"doc_to_text": texts.pop(), **keys}


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    if arguments:
        folder = pathlib.Path(arguments[0])
    else:
        folder = pathlib.Path(importlib.util.find_spec("lm_eval").origin).parent / "tasks/bbh"
    lines = [HEAD, "tasks:\n"]
    anchors = {}

    def shared(kind, value, text):
        """A value with an anchor where it stands first, later its alias."""
        key = (kind, json.dumps(value))
        if key in anchors:
            return "*" + anchors[key]
        anchors[key] = f"{kind}{sum(1 for known in anchors if known[0] == kind) + 1}"
        separator = "" if text.startswith("\n") else " "
        return f"&{anchors[key]}{separator}{text}"

    for task in TITLES:
        variant = task.removeprefix("bbh_")
        members = {path.stem: read(path) for path in sorted((folder / variant).glob("[a-z]*.yaml"))}
        assert len(members) == 27
        template = read(folder / variant / f"_{variant}_template_yaml")
        lines.append(f"  {task}:\n    title: {quoted(TITLES[task])}\n")
        for key, value in common(template, members).items():
            lines.append(f"    {key}: {quoted(value) if isinstance(value, str) else flow(value)}\n")
        lines.append("    subjects:\n")
        for name, member in members.items():
            lines.append(f"      {name}:\n")
            description = member["description"]
            lines.append(f"        description: {shared('description', description, quoted(description))}\n")
            if "filter_list" in member:
                filters = member["filter_list"]
                text = "".join(f"\n          - {flow(pipeline)}" for pipeline in filters)
                lines.append(f"        filter_list: {shared('filters', filters, text)}\n")
            if "fewshot_config" in member:
                config = member["fewshot_config"]
                assert set(config) == {"sampler", "samples"} and config["sampler"] == "first_n"
                lines.append("        fewshot_config:\n          sampler: first_n\n")
                samples = config["samples"]
                if task == "bbh_fewshot":
                    lines.append(f"          doc_to_target: {quoted(ANSWER)}\n")
                    chains = read(folder / "cot_fewshot" / f"{name}.yaml")["fewshot_config"]["samples"]
                    answers = [{**sample, "target": sample["target"].split("answer is ")[-1][:-1]} for sample in chains]
                    assert answers == samples, name
                    samples = chains
                text = "".join(
                    f"\n            - input: {block(sample['input'], 16)}\n              target: {block(sample['target'], 16)}"
                    for sample in samples)
                lines.append(f"          samples: {shared('exemplars', samples, text)}\n")
    text = "".join(lines)

    class Check(yaml.SafeLoader):
        pass

    Check.add_constructor("!native", lambda loader, node: {"!native": node.value})
    made = yaml.load(text, Check)["tasks"]
    for task, values in made.items():
        for name, member in values["subjects"].items():
            given = read(folder / task.removeprefix("bbh_") / f"{name}.yaml")
            assert member["description"] == given["description"], name
            if task == "bbh_cot_fewshot":
                assert member["fewshot_config"] == given["fewshot_config"], name
            wanted = json.dumps(given.get("filter_list"))
            for function, native in NATIVE.items():
                wanted = wanted.replace(json.dumps({"!function": function}), json.dumps({"!native": native}))
            assert json.dumps(member.get("filter_list")) == wanted, name
    if "--check" in sys.argv:
        sys.exit(0 if PATH.read_text(encoding="utf-8") == text else f"{PATH} differs; run {sys.argv[0]}")
    PATH.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
