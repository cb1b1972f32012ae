#!/usr/bin/env python3
"""Makes Tests/Goldens/real: what llama.cpp, transformers and lm-evaluation-harness make of the real Gemma 3 270M.

    pip install -r tools/goldens/requirements.txt xllamacpp==2026.10.11549 lm_eval==0.4.13 datasets accelerate
    tools/models/fetch_real_model.sh
    python tools/goldens/make_real_model_goldens.py tokens
    python tools/goldens/make_real_model_goldens.py log_probabilities
    python tools/goldens/make_real_model_goldens.py mmlu
    python tools/goldens/make_real_model_goldens.py gsm8k

tokens: llama.cpp's tokens of the first 3,000 random texts (random_texts.py) without "\u2581", as hashes of blocks like those
of Tests/Goldens/tokenizers/random.json; tokenizers and sentencepiece give the same. Texts with "\u2581", of which each of
the three makes other tokens, are kept apart.
log_probabilities: of 6,000 positions, by transformers in float32. mmlu, gsm8k: by lm-evaluation-harness with
transformers in float32, offline on the data in the layout of the Hub (GEMMABENCH_DATA/hub, else ../shared/data/hub).
The model is found as the tests find it.
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDENS = ROOT / "Tests" / "Goldens" / "real"
DATA = pathlib.Path(os.environ.get("GEMMABENCH_DATA", ROOT.parent / "shared" / "data"))
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
MODEL = pathlib.Path(os.environ.get("GEMMABENCH_REAL_MODEL", CACHE / "gemmabench-tests" / "gemma-3-270m"))
GGUF = MODEL / "gemma-3-270m-q4_k_m.gguf"
TEXTS = 3000
MARK = "\u2581"
SUBJECTS = ["abstract_algebra", "anatomy", "global_facts", "us_foreign_policy"]
GENERATIONS = 20
# The last one goes far beyond the window of 512 and beyond 2,048; each counts the positions that it has log-probabilities of.
LENGTHS = [400, 1200, 4400]


def write(name, value):
    path = GOLDENS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value, separators=(",", ":")) + "\n")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")


def llama_tokens(texts):
    """Tokens by llama.cpp's server, special tokens recognised, no beginning of sequence."""
    import xllamacpp
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(GGUF)
    parameters.n_ctx = 64
    parameters.warmup = False
    server = xllamacpp.Server(parameters)

    def tokens(text):
        body = json.dumps({"content": text, "add_special": False, "parse_special": True}).encode()
        request = urllib.request.Request(f"{server.listening_address}/tokenize", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["tokens"]
    return [tokens(text) for text in texts], xllamacpp.__version__


def make_tokens():
    import sentencepiece
    import tokenizers
    import random_texts
    from make_random_text_goldens import text_hashes, token_hashes
    indices = [index for index in range(random_texts.COUNT) if MARK not in random_texts.text(index)][:TEXTS]
    texts = [random_texts.text(index) for index in indices]
    marked = [random_texts.text(index) for index in range(indices[-1]) if index not in set(indices)]
    llama, version = llama_tokens(texts)
    fast = tokenizers.Tokenizer.from_file(str(MODEL / "float32" / "tokenizer.json"))
    processor = sentencepiece.SentencePieceProcessor(model_file=str(MODEL / "float32" / "tokenizer.model"))
    controls = {"<pad>": 0, "<eos>": 1, "<bos>": 2, "<unk>": 3, "<image_soft_token>": 262144}

    def json_tokens(text):
        return fast.encode(text, add_special_tokens=False).ids

    def model_tokens(text):  # control pieces are cut out first, as transformers does
        parts = re.split("(" + "|".join(controls) + ")", text)
        return [token for part in parts for token in
                ([controls[part]] if part in controls else processor.encode(part) if part else [])]
    for text, tokens in zip(texts, llama):
        assert tokens == json_tokens(text) == model_tokens(text), text
    write("tokens.json", {
        "made_with": {"xllamacpp": version, "tokenizers": tokenizers.__version__,
                      "sentencepiece": sentencepiece.__version__},
        "texts": text_hashes(texts), "tokens": token_hashes(llama), "marked_texts": text_hashes(marked),
        "marked_tokens": {"tokenizer.json": token_hashes([json_tokens(text) for text in marked]),
                          "tokenizer.model": token_hashes([model_tokens(text) for text in marked])}})


def long_texts(tokenizer):
    """Natural texts, problems and code: enough of each for its length."""
    problems = [json.loads(line) for line in (DATA / "gsm8k" / "train.jsonl").read_text().splitlines()]
    code = [json.loads(line) for line in (DATA / "humaneval" / "HumanEval.jsonl").read_text().splitlines()]
    sciences = [json.loads(line) for line in (DATA / "arc" / "ARC-Challenge-Dev.jsonl").read_text().splitlines()]
    texts = [
        "\n".join(item["question"]["stem"] + " " + item["question"]["choices"][0]["text"] for item in sciences),
        "\n\n".join(item["prompt"] + item["canonical_solution"] for item in code),
        "\n\n".join(f"Question: {item['question']}\nAnswer: {item['answer']}" for item in problems[1000:1100])]
    return [tokenizer(text)["input_ids"][:length + 1] for text, length in zip(texts, LENGTHS)]


def make_log_probabilities():
    import numpy
    import torch
    import transformers
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL / "float32")
    model = transformers.AutoModelForCausalLM.from_pretrained(
        MODEL / "float32", dtype=torch.float32, attn_implementation="eager")
    found, lines = [], []
    for tokens in long_texts(tokenizer):
        assert tokens[0] == 2 and 2 not in tokens[1:] and len(tokens) - 1 in LENGTHS, (tokens[:2], len(tokens))
        lines.append(tokens)
        with torch.no_grad():
            hidden = model.model(torch.tensor([tokens[:-1]])).last_hidden_state[0]  # [positions, size]
            for start in range(0, len(hidden), 100):
                rows = torch.log_softmax(model.lm_head(hidden[start:start + 100]), dim=-1)
                following = torch.tensor(tokens[start + 1:start + 1 + len(rows)])
                found += rows[torch.arange(len(rows)), following].tolist()
        print(len(tokens) - 1, "positions, mean", sum(found[-len(tokens) + 1:]) / (len(tokens) - 1), flush=True)
    write("log_probabilities.json", {
        "made_with": {"transformers": transformers.__version__, "torch": torch.__version__, "dtype": "float32",
                      "attention": "eager"},
        "tokens": lines})
    # Of each token that follows, [6000]
    (GOLDENS / "log_probabilities.f32").write_bytes(numpy.array(found, dtype="<f4").tobytes())


def harness(tasks, limit, batch_size):
    import harness_library
    harness_library.use_data(DATA / "hub")
    model = harness_library.Model(MODEL / "float32", batch_size)
    return harness_library.evaluate(model, tasks, 5, limit), harness_library.versions(), model


def prompt_hash(prompt):
    return hashlib.sha256(prompt.encode()).hexdigest()[:16]


def make_mmlu():
    import harness_library
    results, versions, _ = harness([f"mmlu_{subject}" for subject in SUBJECTS], None, 1)
    subjects = {}
    for subject in SUBJECTS:
        samples = sorted(results["samples"][f"mmlu_{subject}"], key=lambda sample: sample["doc_id"])
        scores = [[round(float(response[0][0]), 6) for response in sample["resps"]] for sample in samples]
        subjects[subject] = {
            "accuracy": results["results"][f"mmlu_{subject}"]["acc,none"],
            "answers": [int(sample["target"]) for sample in samples],
            "correct": "".join(str(int(sample["acc"])) for sample in samples),
            "log_likelihoods": scores, "prompts": [prompt_hash(harness_library.prompt(sample)) for sample in samples]}
        print(subject, len(samples), subjects[subject]["accuracy"])
    write("mmlu.json", {"made_with": versions, "shots": 5, "subjects": subjects})


def make_gsm8k():
    import harness_library
    results, versions, model = harness(["gsm8k"], GENERATIONS, 10)
    rows = {}
    for sample in results["samples"]["gsm8k"]:
        prompt, text = harness_library.prompt(sample), sample["resps"][0][0]
        row = rows.setdefault(sample["doc_id"], {"prompt": prompt_hash(prompt), "text": text})
        if "smallest_gap" not in row:
            row["smallest_gap"] = round(model.smallest_gap(prompt, text), 6)
        row[sample["filter"]] = {"answer": sample["filtered_resps"][0], "score": sample["exact_match"]}
    configuration = results["configs"]["gsm8k"]["generation_kwargs"]
    write("gsm8k.json", {"made_with": versions, "shots": 5, "fewshot_seed": 1234, "generation": configuration,
                         "samples": [rows[index] for index in sorted(rows)]})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["tokens", "log_probabilities", "mmlu", "gsm8k"])
    {"tokens": make_tokens, "log_probabilities": make_log_probabilities, "mmlu": make_mmlu,
     "gsm8k": make_gsm8k}[parser.parse_args().kind]()


if __name__ == "__main__":
    main()
