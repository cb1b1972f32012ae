"""Writes Tests/Goldens/engine/harness.json and rolling.json: what lm-evaluation-harness makes of the checkpoint in
Tests/Goldens/tiny.

Its own Hugging Face backend runs, in float32 on the processor: log-likelihoods of continuations, greedy generations
with stop strings, and rolling log-likelihoods of whole texts. Run from the repository's root:

    pip install -r tools/goldens/requirements.txt lm-eval==0.4.13 accelerate
    python tools/goldens/make_engine_goldens.py
"""

import json
import os
import pathlib

os.environ["HF_HUB_OFFLINE"] = "1"

import lm_eval  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from lm_eval.api.instance import Instance  # noqa: E402
from lm_eval.models.huggingface import HFLM  # noqa: E402
from lm_eval.utils import get_rolling_token_windows, make_disjoint_window  # noqa: E402

TINY = pathlib.Path("Tests/Goldens/tiny")
OUTPUT = pathlib.Path("Tests/Goldens/engine/harness.json")
ROLLING_OUTPUT = pathlib.Path("Tests/Goldens/engine/rolling.json")

QUESTION = (
    "The following are multiple choice questions (with answers) about the garden.\n\n"
    "Which of these is a tree?\nA. rose\nB. oak\nC. moss\nD. fern\nAnswer: B\n\n"
    "Which of these is a root that people eat?\nA. apple\nB. pear\nC. carrot\nD. plum\nAnswer:"
)
LONG = "".join(
    f"On day {day} the fox ran {day * 7} miles, over the hill and {day + 3} streams. " for day in range(1, 13))

# A context, and the continuations that are scored after it.
CONTEXTS = {
    "a plain sentence": ("The capital of France is", [" Paris", " London, on the Thames", ".", " a"]),
    "a multiple-choice question": (QUESTION, [" A", " B", " C", " D"]),
    "a space at the end": ("Question: what is 2 + 2?\nAnswer: ", ["4", "four", " 5"]),
    "lines at the end": ("One line\n\n", ["Two", "\nTwo lines"]),
    "nothing": ("", ["Hello", " world, and more of it"]),
    "one space": (" ", ["x", "Hello there"]),
    "white space of several kinds": ("\n \t\n", ["Hello there", "  two"]),
    "a beginning written out": ("<bos>The sky is", [" blue", "n't"]),
    "many scripts": ("Grüße aus Köln – 東京, Москва 🙂", [" 🙂", " naïve", "京"]),
    "a no-break space at the end": ("price:\u00a0", ["7 €", "x"]),
    "a wide space at the end": ("wide\u3000 ", ["open"]),
    "a control character that Python calls white space": ("left\x1c", ["right"]),
    "more than the sliding window": (LONG, [" Then it slept.", " Then", "On day 13"]),
    "a word cut in two": ("They wanted to know whe", ["re the others were", "ther"]),
    "a number cut in two": ("It was 12", ["34 and more", "."]),
    "a word whose parts become one token": ("So it was the", ["re is", "n and more"]),
    "letters that become one token": ("So it was t", ["here is", "hen and more"]),
}

# Prompts, and stops for them beside those that are cut from the text made: across a change of the token repeated.
PROMPTS = {
    "The capital of France is": [" ispri", "isp"], "Dear reader": ["er app", "r ap"],
    "The garden was full of": ["fice", " of o"], 'She said "yes"': ['"*'], "Why do birds": [], "Once upon a time": [],
    "Half of 3?": [], "Paris, London, Rome": [], LONG: [" cycle"], QUESTION: [], "": [],
}
GENERATED_TOKENS = 40

# Texts that are scored whole, and context lengths that divide them into one window or several.
WHOLE_TEXTS = ["", "x", "The fox ran over the hill.", "Grüße aus Köln – 東京, Москва 🙂\n\n", QUESTION, LONG]
# Context lengths with the strides of further windows.
CONTEXT_LENGTHS = {8: (1, 3, 7), 64: (16,), 512: ()}


def requests(kind: str, arguments: list) -> list:
    return [Instance(request_type=kind, doc={}, arguments=pair, idx=i) for i, pair in enumerate(arguments)]


def scores(harness: HFLM) -> list:
    """Each context with the sums of the log-probabilities of its continuations."""
    groups = []
    for name, (context, continuations) in CONTEXTS.items():
        pairs = [(context, continuation) for continuation in continuations]
        encoded = [
            harness._encode_pair(*pair) if context else ([2], harness.tok_encode(pair[1], add_special_tokens=False))
            for pair in pairs
        ]
        results = harness.loglikelihood(requests("loglikelihood", pairs), disable_tqdm=True)
        groups.append({
            "name": name, "context": context,
            "context_tokens": encoded[0][0],
            "continuations": [
                {"text": text, "tokens": tokens, "log_likelihood": float(value), "is_greedy": bool(greedy)}
                for text, (_, tokens), (value, greedy) in zip(continuations, encoded, results)
            ],
        })
    # The model's own continuation, so that a greedy one is among them.
    for context in ["The capital of France is", "Once upon a time"]:
        tokens = harness.tok_encode(context)
        made = harness.model.generate(torch.tensor([tokens]), max_new_tokens=3, do_sample=False)[0, len(tokens):]
        text = harness.tokenizer.decode(made)
        if harness._encode_pair(context, text)[1] != made.tolist():
            print(f"not kept, it divides otherwise: {context!r} {text!r}")
            continue
        result = harness.loglikelihood(requests("loglikelihood", [(context, text)]), disable_tqdm=True)[0]
        groups.append({
            "name": f"what the model says after {context!r}", "context": context, "context_tokens": tokens,
            "continuations": [
                {"text": text, "tokens": made.tolist(), "log_likelihood": float(result[0]),
                 "is_greedy": bool(result[1])},
            ],
        })
    return groups


def generations(harness: HFLM) -> list:
    """Greedy texts: without a stop, and with stops that are taken from the text that came without one."""
    def generate(prompt: str, stops: list) -> str:
        options = {"until": stops, "max_gen_toks": GENERATED_TOKENS, "do_sample": False}
        return harness.generate_until(requests("generate_until", [(prompt, options)]), disable_tqdm=True)[0]

    found = []
    for prompt, changes in PROMPTS.items():
        whole = generate(prompt, ["never made"])
        cuts = [["never made"]] + [[stop] for stop in changes] + ([changes] if len(changes) > 1 else [])
        if len(whole) > 40 and "\ufffd" not in whole:
            cuts += [[whole[3:8]], [whole[30:39], whole[17:19]]]
        for stops in cuts:
            found.append({"prompt": prompt, "stops": stops, "text": generate(prompt, stops)})
    return found


def rolling() -> list:
    """Each text with its windows, as context and continuation, and the sum of all log-probabilities.

    With a stride the windows are those of `get_rolling_token_windows` with all the context that this leaves.
    """
    found = []
    for length, strides in CONTEXT_LENGTHS.items():
        harness = HFLM(pretrained=str(TINY), device="cpu", dtype="float32", batch_size=1, max_length=length)
        sums = harness.loglikelihood_rolling(
            requests("loglikelihood_rolling", [(text,) for text in WHOLE_TEXTS]), disable_tqdm=True)
        for stride in (None, *strides):
            for text, value in zip(WHOLE_TEXTS, sums):
                context = length - (stride or length) + 1
                windows = list(map(make_disjoint_window, get_rolling_token_windows(
                    harness.tok_encode(text), harness.prefix_token_id, length, context)))
                if stride:
                    pairs = [(("", ""), *window) for window in windows]
                    value = sum(one for one, _ in harness._loglikelihood_tokens(pairs, disable_tqdm=True))
                found.append({
                    "text": text, "context_length": length, **({"stride": stride} if stride else {}),
                    "log_likelihood": float(value), "windows": [[before, tokens] for before, tokens in windows],
                })
    return found


def versions() -> dict:
    return {"lm_eval": lm_eval.__version__, "torch": torch.__version__, "transformers": transformers.__version__}


def main() -> None:
    ROLLING_OUTPUT.write_text(
        json.dumps({"made_with": versions(), "texts": rolling()}, ensure_ascii=False) + "\n")
    harness = HFLM(pretrained=str(TINY), device="cpu", dtype="float32", batch_size=1)
    assert harness.tok_encode("x")[0] == 2, "BOS stands in front by default"
    document = {
        "made_with": versions(),
        "maximum_tokens": GENERATED_TOKENS, "scores": scores(harness), "generations": generations(harness),
    }
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
