#!/usr/bin/env python3
"""Times gemmabench beside llama.cpp and lm-evaluation-harness on the same files, and prints the ratios.

    pip install numpy torch transformers accelerate lm-eval==0.4.13
    CMAKE_ARGS="-DGGML_NATIVE=ON" pip install llama-cpp-python
    for shape in gemma-3-1b gemma-2-2b; do
        python tools/models/make_random_checkpoint.py $shape MODELS/$shape --vocabulary 262144 --tokenizer tokenizer.json
    done
    gemmabench quantize MODELS/gemma-2-2b MODELS/gemma-2-2b-q4_0.gguf --type q4_0      (and so on, see ROWS)
    GEMMABENCH_LIBRARY=libgemmabench.so python tools/bench/bench_peers.py MODELS [ROW...]

Each side is a process of its own that loads its model once; both are told in turn to do the same work, several times,
and the medians are compared. Rows whose names contain one of the given words run; without any, all do. Nothing else
should be running.
"""

import argparse
import csv
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("HF_HUB_OFFLINE", "1")

# name: (what is done, our model and load options, the peer and its model, how much work, the peer's share of it)
DECODE = {"work": "decode", "tokens": 16}
MMLU = {"work": "task", "task": "mmlu", "subset": "high_school_mathematics"}
GSM8K = {"work": "task", "task": "gsm8k"}
BF16 = {"precision": "bfloat16"}
ROWS = {}
for short, file, options in [("2b-q4_0", "gemma-2-2b-q4_0.gguf", {}), ("2b-q8_0", "gemma-2-2b-q8_0.gguf", {}),
                             ("1b-bf16", "gemma-3-1b-bf16.gguf", BF16)]:
    ROWS[f"prefill-512-{short}"] = (file, options, "llama", file, {"work": "prefill", "tokens": 512}, {})
    ROWS[f"decode-1-{short}"] = (file, options, "llama", file, dict(DECODE, sequences=1), {})
    ROWS[f"decode-16-{short}"] = (file, options, "llama", file, dict(DECODE, sequences=16), {})
ROWS["first-token-2b-q4_0"] = ("gemma-2-2b-q4_0.gguf", {}, "llama", "gemma-2-2b-q4_0.gguf", {"work": "start"}, {})
ROWS["mmlu-1b-bf16"] = ("gemma-3-1b", BF16, "harness", "gemma-3-1b", MMLU, {"limit": 8})
ROWS["mmlu-1b-q8_0"] = ("gemma-3-1b-q8_0.gguf", {}, "harness", "gemma-3-1b", MMLU, {"limit": 8})
# With solved problems drawn anew for each question, as the harness does by default, and with the same for all.
ROWS["gsm8k-1b-bf16"] = ("gemma-3-1b", BF16, "harness", "gemma-3-1b", dict(GSM8K, limit=64), {"limit": 16})
ROWS["gsm8k-1b-q8_0"] = ("gemma-3-1b-q8_0.gguf", {}, "harness", "gemma-3-1b", dict(GSM8K, limit=64), {"limit": 16})
FIRST = {"draw": "first"}
ROWS["gsm8k-first-1b-bf16"] = ("gemma-3-1b", BF16, "harness", "gemma-3-1b", dict(GSM8K, **FIRST, limit=64), {"limit": 16})
ROWS["gsm8k-first-1b-q8_0"] = (
    "gemma-3-1b-q8_0.gguf", {}, "harness", "gemma-3-1b", dict(GSM8K, **FIRST, limit=64), {"limit": 16})


class Side:
    """A process that does the work it is told."""

    def __init__(self, kind, model, options):
        environment = dict(os.environ, PYTHONPATH=str(ROOT / "bindings" / "python"))
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--side", kind, str(model), json.dumps(options)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, env=environment)

    def rate(self, work):
        """What was done in a second: tokens or questions."""
        self.process.stdin.write(json.dumps(work) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"a side ended: {self.process.args}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def serve(make, options):
    """The other end of a Side; libraries that print to standard output print to standard error instead."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    do = None
    for line in sys.stdin:
        if do is None:
            do = make(options)
        answers.write(json.dumps(do(json.loads(line))) + "\n")
        answers.flush()


def ours(model, options):
    import gemmabench
    loaded = gemmabench.load_model(model, threads=options.pop("threads"), **options)

    def do(work):
        if work["work"] == "prefill":
            result = loaded.measure_speed(prompt_tokens=work["tokens"], generated_tokens=1, repetitions=1)
            return {"rate": result["prefill"]["tokens_per_second"]["median"],
                    "share": result["prefill"]["share_of_arithmetic_peak"]}
        if work["work"] == "decode":
            result = loaded.measure_speed(prompt_tokens=1, generated_tokens=work["tokens"], repetitions=1,
                                          batch_sizes=[work["sequences"]])
            return {"rate": result["decode"][0]["tokens_per_second"]["median"],
                    "share": result["decode"][0]["share_of_read_bandwidth"]}
        if work["task"] == "mmlu":
            task = gemmabench.task("mmlu", subset=work["subset"], shots=5)
        else:
            task = gemmabench.task("gsm8k", shots=5, max_tokens=work["max_tokens"], draw=work.get("draw", "each"))
        start = time.perf_counter()
        run = loaded.run(task, limit=work.get("limit", 0))
        seconds = time.perf_counter() - start
        if work["task"] == "mmlu":
            return {"rate": run.count() / seconds, "seconds": seconds, "done": run.count()}
        tokens = sum(sample["answer_tokens"] for sample in run.samples())
        return {"rate": tokens / seconds, "seconds": seconds, "done": tokens}

    return do


def llama(model, options):
    """llama.cpp at the speed of its own library, without Python between the tokens' arithmetic."""
    import llama_cpp
    llama_cpp.llama_backend_init()
    quiet = llama_cpp.llama_log_callback(lambda *_: None)
    llama_cpp.llama_log_set(quiet, None)
    loaded = llama_cpp.llama_model_load_from_file(str(model).encode(), llama_cpp.llama_model_default_params())
    vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(loaded))
    best = {}

    def context(tokens, sequences, flash):
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = tokens * sequences
        parameters.n_batch = parameters.n_ubatch = 512
        parameters.n_seq_max = sequences
        parameters.n_threads = parameters.n_threads_batch = options["threads"]
        parameters.flash_attn_type = flash
        made = llama_cpp.llama_init_from_model(loaded, parameters)
        assert made, "llama.cpp made no context"
        return made

    def decode(made, rows):
        """rows: (token, position, sequence, whether logits are wanted)"""
        batch = llama_cpp.llama_batch_init(len(rows), 0, 1)
        batch.n_tokens = len(rows)
        for index, (token, position, sequence, wanted) in enumerate(rows):
            batch.token[index], batch.pos[index] = token, position
            batch.n_seq_id[index], batch.seq_id[index][0], batch.logits[index] = 1, sequence, wanted
        assert llama_cpp.llama_decode(made, batch) == 0
        llama_cpp.llama_synchronize(made)
        llama_cpp.llama_batch_free(batch)

    def token(index):
        return 5 + index * 7919 % (vocabulary - 5)

    def once(work, flash):
        tokens, sequences = work["tokens"], work.get("sequences", 1)
        made = context(tokens + 8, sequences, flash)
        memory = llama_cpp.llama_get_memory(made)
        if work["work"] == "prefill":
            decode(made, [(token(index), index, 0, False) for index in range(32)])  # warm-up
            llama_cpp.llama_memory_clear(memory, True)
            start = time.perf_counter()
            decode(made, [(token(index), index, 0, index == tokens - 1) for index in range(tokens)])
        else:
            decode(made, [(token(index), 0, index, True) for index in range(sequences)])
            start = time.perf_counter()
            for position in range(1, tokens + 1):
                decode(made, [(token(position * sequences + index), position, index, True)
                              for index in range(sequences)])
        seconds = time.perf_counter() - start
        llama_cpp.llama_free(made)
        return tokens * sequences / seconds

    def do(work):
        key = json.dumps(work)
        if key in best:
            return {"rate": once(work, best[key]), "flash_attention": best[key]}
        # Flash attention if it is the faster: both count as the first round, and the better one goes on.
        rates = [once(work, flash) for flash in (0, 1)]
        best[key] = rates.index(max(rates))
        return {"rate": max(rates), "flash_attention": best[key]}

    do.log_callback = quiet  # must live as long as the library may call it
    return do


def read_documents(task, subset):
    data = pathlib.Path(os.environ["GEMMABENCH_DATA"]) / task
    if task == "mmlu":
        def rows(split):
            with open(data / split / f"{subset}_{split}.csv", newline="", encoding="utf-8") as file:
                return [{"question": row[0], "choices": row[1:5], "answer": "ABCD".index(row[5])}
                        for row in csv.reader(file)]
        return {"test": rows("test"), "dev": rows("dev")}
    return {split: [json.loads(line) for line in open(data / f"{split}.jsonl", encoding="utf-8")]
            for split in ("test", "train")}


def harness(model, options):
    """lm-evaluation-harness with transformers in bfloat16."""
    import datasets
    import lm_eval.evaluator
    import lm_eval.tasks
    import torch
    import transformers
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks._yaml_loader import load_yaml
    torch.set_num_threads(options["threads"])
    loaded = transformers.AutoModelForCausalLM.from_pretrained(model, dtype=torch.bfloat16)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(model / "tokenizer.json"), bos_token="<bos>", eos_token="<eos>", pad_token="<pad>",
        padding_side="left")

    def do(work):
        name = f"mmlu_{work['subset']}" if work["task"] == "mmlu" else "gsm8k"
        folder = pathlib.Path(lm_eval.tasks.__file__).parent
        path = folder / "mmlu" / "default" / f"{name}.yaml" if work["task"] == "mmlu" else folder / "gsm8k" / "gsm8k.yaml"
        configuration = load_yaml(str(path))
        configuration.pop("tag", None)
        documents = read_documents(work["task"], work.get("subset"))
        configuration["custom_dataset"] = lambda **_: datasets.DatasetDict(
            {split: datasets.Dataset.from_list(rows) for split, rows in documents.items()})
        configuration["num_fewshot"] = 5
        if work.get("draw") == "first":
            configuration["fewshot_config"] = {"sampler": "first_n"}
        task = ConfigurableTask(config=configuration)
        made = 0

        class Counting(HFLM):
            def _model_generate(self, context, *arguments, **named):
                nonlocal made
                result = super()._model_generate(context, *arguments, **named)
                made += (result.shape[1] - context.shape[1]) * result.shape[0]
                return result

        peer = Counting(pretrained=loaded, tokenizer=tokenizer, batch_size=16, max_gen_toks=work.get("max_tokens"),
                        add_bos_token=True)
        start = time.perf_counter()
        lm_eval.evaluator.evaluate(lm=peer, task_dict={name: task}, limit=work["limit"], bootstrap_iters=0)
        seconds = time.perf_counter() - start
        done = work["limit"] if work["task"] == "mmlu" else made
        return {"rate": done / seconds, "seconds": seconds, "done": done}

    return do


def start_rates(models, row, threads, rounds):
    """Seconds from the start of a process to its first token: ours by the command, the peer's within its library."""
    file = models / row[0]
    command = [os.environ.get("GEMMABENCH", "gemmabench"), "generate", str(file), "Hello", "--max-tokens", "1"]
    peer = ("import sys, time, llama_cpp; start = time.perf_counter(); quiet = llama_cpp.llama_log_callback(lambda *_: 0);"
            "llama_cpp.llama_log_set(quiet, None); model = llama_cpp.Llama(sys.argv[1], n_ctx=512, verbose=False,"
            f"n_threads={threads}, n_threads_batch={threads}); next(model('Hello', max_tokens=1, stream=True));"
            "print(time.perf_counter() - start)")
    ours_seconds, peer_seconds = [], []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        ours_seconds.append(time.perf_counter() - start)
        output = subprocess.run([sys.executable, "-c", peer, str(file)], check=True, capture_output=True, text=True)
        peer_seconds.append(float(output.stdout.split()[-1]))
    return [{"rate": 1 / value} for value in ours_seconds[1:]], [{"rate": 1 / value} for value in peer_seconds[1:]]


def measure(models, row, threads, rounds, maximum_tokens, running):
    """The rates of both sides. `running` keeps the sides of the last row, which the next may need again."""
    ours_file, options, kind, peer_file, work, peer_work = row
    if work["work"] == "start":
        return start_rates(models, row, threads, rounds)
    if work.get("task") == "gsm8k":
        work = dict(work, max_tokens=maximum_tokens)
    key = (ours_file, json.dumps(options), kind, peer_file)
    if key not in running:
        close(running)
        running[key] = (Side("ours", models / ours_file, dict(options, threads=threads)),
                        Side(kind, models / peer_file, {"threads": threads}))
    sides = running[key]
    works = (work, {**work, **peer_work})
    results = ([], [])
    for _ in range(1 if kind == "harness" else rounds):
        for side, own, found in zip(sides, works, results):
            found.append(side.rate(own))
    return results


def close(running):
    for sides in running.values():
        for side in sides:
            side.close()
    running.clear()


def main():
    if "--side" in sys.argv:
        kind, model, options = sys.argv[2:5]
        make = {"ours": ours, "llama": llama, "harness": harness}[kind]
        serve(lambda options: make(pathlib.Path(model), options), json.loads(options))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("rows", nargs="*", help=f"parts of the names of rows: {', '.join(ROWS)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--max-tokens", type=int, default=256, help="of an answer to gsm8k, on both sides")
    parser.add_argument("--output", type=pathlib.Path, help="a JSON file to write all rates to")
    arguments = parser.parse_args()
    chosen = [name for name in ROWS if not arguments.rows or any(word in name for word in arguments.rows)]
    found, running = {}, {}
    print("| work | unit | ours | peer | ratio | |\n|---|---|---:|---:|---:|---|")
    for name in chosen:
        row = ROWS[name]
        results = measure(arguments.models, row, arguments.threads, arguments.rounds, arguments.max_tokens, running)
        found[name] = results
        mine, other = (statistics.median(result["rate"] for result in side) for side in results)
        unit = {"prefill": "tokens/s", "decode": "tokens/s", "start": "1/s"}.get(
            row[4]["work"], "questions/s" if row[4].get("task") == "mmlu" else "tokens/s")
        notes = []
        if "share" in results[0][0]:
            share = statistics.median(result["share"] for result in results[0])
            notes.append(f"{share:.0%} of the {'arithmetic peak' if 'prefill' in name else 'read bandwidth'}")
        if "seconds" in results[0][0]:
            notes.append(" and ".join(f"{side[0]['done']} in {side[0]['seconds']:.1f} s" for side in results))
        print(f"| {name} | {unit} | {mine:.3g} | {other:.3g} ({row[2]}) | {mine / other:.2f} | {'; '.join(notes)} |",
              flush=True)
    close(running)
    if arguments.output:
        arguments.output.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
