#!/usr/bin/env python3
"""Makes Tests/Goldens/conversations/prompts.jsonl: chat prompts as lm-evaluation-harness makes them.

    pip install lm-eval==0.4.13 transformers==5.24.0
    python tools/goldens/make_conversation_goldens.py TEMPLATES

TEMPLATES is the folder of make_chat_goldens.py, of which it takes gemma.jinja, gemma3.jinja, gemma4-first.jinja and
gemma4-second.jinja; the pocket models' templates are in scripts/pocket. The harness's own task configurations (MMLU,
GSM8K, ARC) run on the pocket tasks' documents, with and without `--apply_chat_template`, `--fewshot_as_multiturn`,
`--system_instruction` and a `gen_prefix`. A line has the parts that the harness made of the documents, and the prompt and
the continuations that it made of the parts. Needs no network.
"""

import itertools
import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

from lm_eval.models.huggingface import HFLM
from transformers import AutoTokenizer

from make_prompt_goldens import CONFIGURATIONS, read_jsonl, read_mmlu, task_of

ROOT = Path(__file__).resolve().parents[2]
POCKET = ROOT / "scripts" / "pocket"
OUT = ROOT / "Tests" / "Goldens" / "conversations" / "prompts.jsonl"
INSTRUCTIONS = [None, "Answer briefly.", "Answer briefly.\n"]
PREFIXES = [None, "The answer is", "The best answer is ", "\nSo:"]
TEMPLATES = ["pocket", "pocket-it", "gemma", "gemma3", "gemma4-first", "gemma4-second"]
DOCUMENTS = 2


class Model:
    """As much of the harness's Hugging Face model as renders a chat."""

    def __init__(self, template):
        self.tokenizer = AutoTokenizer.from_pretrained(POCKET / "tokenizer")
        self.tokenizer.chat_template = template
        self.chat_template_args = {}

    def render(self, *arguments, **options):
        """`apply_chat_template` of the harness's model."""
        return HFLM.apply_chat_template(self, *arguments, **options)


def tasks():
    """(name, configuration, documents, shots) of each task."""
    data = POCKET / "data"
    subject = "small_arithmetic"
    choices = {split: read_mmlu(data / "mmlu" / split / f"{subject}_{split}.csv") for split in ("dev", "test")}
    problems = {split: read_jsonl(data / "gsm8k" / f"{split}.jsonl") for split in ("train", "test")}
    arc = {split: [{"question": row["question"], "answerKey": "ABCD"[row["answer"]],
                    "choices": {"text": row["choices"], "label": list("ABCD")}} for row in choices[name]]
           for split, name in (("train", "dev"), ("validation", "dev"), ("test", "test"))}
    # White space at the ends of questions, where delimiters depend on it.
    arc["test"][1] = dict(arc["test"][1], question="What is 1 + 1?  \n")
    for shots in (0, 3):
        yield "mmlu", CONFIGURATIONS / "mmlu" / "default" / "mmlu_abstract_algebra.yaml", choices, shots
        yield "gsm8k", CONFIGURATIONS / "gsm8k" / "gsm8k.yaml", problems, shots
        yield "arc_easy", CONFIGURATIONS / "arc" / "arc_easy.yaml", arc, shots


def prompts(task, document, model, instruction, multiturn, prefix):
    """The context and continuations of a document, and the questions and answers that the harness made them of."""
    turns, build = [], task.build_qa_turn

    def recorded(**arguments):
        turns.append(arguments)
        return build(**arguments)

    task.build_qa_turn = recorded
    context = task.fewshot_context(
        document, task.config.num_fewshot, system_instruction=instruction, apply_chat_template=model is not None,
        fewshot_as_multiturn=multiturn, chat_template=model.render if model else None, gen_prefix=prefix)
    del task.build_qa_turn
    requests = task.construct_requests(document, context, apply_chat_template=model is not None, metadata=("", 0, 1))
    continuations = [request.args[1] for request in requests] if isinstance(requests, list) else []
    examples = []
    for turn in turns[:-1]:
        answer = turn["c"][turn["a"]] if turn.get("c") and isinstance(turn["a"], int) else turn["a"]
        examples.append([turn["q"], answer])
    return {"description": task.config.description or "", "examples": examples, "question": turns[-1]["q"],
            "choices": turns[-1].get("c") or [], "target_delimiter": task.config.target_delimiter,
            "fewshot_delimiter": task.config.fewshot_delimiter, "context": context, "continuations": continuations}


def main():
    """Writes the goldens."""
    folder = Path(sys.argv[1])
    texts = {name: (folder / f"{name}.jinja").read_text(encoding="utf-8") for name in TEMPLATES[2:]}
    texts["pocket"] = json.loads((POCKET / "tokenizer" / "tokenizer_config.json").read_text())["chat_template"]
    texts["pocket-it"] = (POCKET / "tokenizer-it" / "chat_template.jinja").read_text(encoding="utf-8")
    models = {None: None} | {name: Model(texts[name]) for name in TEMPLATES}
    lines = []
    for task_name, path, documents, shots in tasks():
        for (name, model), instruction, multiturn, prefix in itertools.product(
                models.items(), INSTRUCTIONS, (False, True), PREFIXES):
            # Every prefix with one instruction, and every instruction without a prefix.
            if (model is None and multiturn) or (prefix and instruction != INSTRUCTIONS[1]):
                continue
            task = task_of(path, documents, shots)
            task.config.gen_prefix = task.fewshot_cfg.gen_prefix = prefix
            for document in list(task.test_docs())[:DOCUMENTS]:
                case = {"task": task_name, "template": name, "system_instruction": instruction, "multiturn": multiturn,
                        "gen_prefix": prefix}
                lines.append(json.dumps(case | prompts(task, document, model, instruction, multiturn, prefix)))
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(len(lines), "prompts")


if __name__ == "__main__":
    main()
