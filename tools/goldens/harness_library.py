"""lm-evaluation-harness with transformers in float32, offline on data sets in the layout of the Hub.

    pip install lm_eval==0.4.13 datasets accelerate torch transformers

What goldens and comparisons share: the data's reader, the model, a run with the harness's own seeds, and how near the
runner-up of a greedy token is.
"""
import os

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

import datasets  # noqa: E402: after the variables that it reads
import lm_eval  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from lm_eval.models.huggingface import HFLM  # noqa: E402


class Model(HFLM):
    """The harness's model of a folder. It computes only the rows of logits that are read: those of the continuations.

    The harness computes all rows of 262,144 logits and drops those of the context. With one request at a time the rows
    that are left are the last ones, as it expects them; the sums of Gemma 3 270M then differ by less than 1e-5.

    `softmax_dtype` is the harness's option. By default its log-softmax sums the 262,144 values of a row in float32, which
    is off by 1e-5 to 5e-5 a token; in float64 it adds nothing to the rounding of the float32 model.
    """

    def __init__(self, folder, batch_size=1, softmax_dtype=None):
        self.rows = None
        super().__init__(pretrained=str(folder), dtype="float32", device="cpu", batch_size=batch_size,
                         softmax_dtype=softmax_dtype)

    def _loglikelihood_tokens(self, requests, *arguments, **named):
        assert self.batch_size == 1, "requests that are padded would lose rows"
        self.rows = max(len(continuation) for _, _, continuation in requests)
        return super()._loglikelihood_tokens(requests, *arguments, **named)

    def _model_call(self, inps, **_):
        with torch.no_grad():
            return self.model(inps, logits_to_keep=self.rows).logits

    def logits(self, before, text):
        """The tokens of a text after another, and all tokens' logits in the place of each: `[tokens, vocabulary]`."""
        start = len(self.tok_encode(before))
        tokens = self.tok_encode(before + text)
        with torch.no_grad():
            hidden = self.model.model(torch.tensor([tokens])).last_hidden_state[0, start - 1:-1]
            return tokens[start:], self.model.lm_head(hidden)

    def smallest_gap(self, before, text):
        """How far the runner-up of each greedy token of a text is behind, at the least: where it is tiny, either is right."""
        best = self.logits(before, text)[1].topk(2, dim=-1).values  # [tokens, 2]
        return float((best[:, 0] - best[:, 1]).min())


def versions():
    return {"lm_eval": lm_eval.__version__, "transformers": transformers.__version__, "torch": torch.__version__,
            "dtype": "float32"}


def use_data(hub):
    """Data sets are read from a folder, HUB/OWNER/NAME/CONFIGURATION/SPLIT.parquet, and from nowhere else."""
    datasets.disable_progress_bars()

    def load_dataset(path, name=None, **_):
        folder = hub / path / (name or "default")
        files = sorted(folder.glob("*.parquet"))
        if not files:
            raise FileNotFoundError(f"{folder} has no .parquet file")
        return datasets.DatasetDict({file.stem: datasets.Dataset.from_parquet(str(file)) for file in files})
    datasets.load_dataset = load_dataset


def evaluate(model, tasks, shots, limit):
    """The harness's results with all samples; `shots` None: as the task says."""
    return lm_eval.simple_evaluate(
        model=model, tasks=tasks, num_fewshot=shots, limit=limit, log_samples=True, bootstrap_iters=0, random_seed=0,
        numpy_random_seed=1234, torch_random_seed=1234, fewshot_random_seed=1234)


def arguments(sample):
    """The requests of a sample, each its prompt with a continuation or with how to generate."""
    found = sample["arguments"]
    if isinstance(found, dict):
        return [(entry["arg_0"], entry.get("arg_1")) for entry in found.values()]
    return [tuple(entry) for entry in found]


def prompt(sample):
    return arguments(sample)[0][0]
