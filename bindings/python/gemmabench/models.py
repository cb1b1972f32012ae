"""Models: load one, tokenize, score or continue a text, run a task on it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import _declarations, _library, signals
from .errors import error_of
from .handles import Handle, using
from .progress import Listener
from .tasks import Run, Task, as_task


class Model(Handle):
    """A loaded checkpoint; made by load_model(). Immutable, and may be shared between threads."""

    _free = "gb_model_free"
    _made_by = 'gb.load_model("path/of/model")'

    def info(self) -> dict[str, Any]:
        """Name, path, architecture, parameters, layers, sizes, element type, tokenizer."""
        with using(self) as model:
            return _library.decode(_library.lib.gb_model_info(model))

    def tokenize(self, text: str, *, bos: bool = False) -> list[int]:
        """Token ids of a text; with bos=True the beginning-of-sequence token is in front."""
        with using(self) as model:
            return _library.tokenize(model, text, bos)

    def detokenize(self, tokens: Sequence[int]) -> str:
        """The text of token ids."""
        ids, count = _library.token_array("tokens", tokens)
        with using(self) as model:
            return _library.take_string(_library.lib.gb_detokenize, model, ids, count)

    def apply_chat_template(self, messages: Sequence[Mapping[str, Any]], *, add_generation_prompt: bool = True,
                            thinking: bool | None = None) -> str:
        """The prompt of a conversation such as [{"role": "user", "content": "Hello"}], by the model's chat template.

        If it begins with the beginning-of-sequence token (Gemma's and Llama's do, Qwen has none), tokenize() and generate()
        do not add a second one. `thinking` turns thinking on or off where the template knows it (Gemma 4, Qwen 3); by
        default the template decides.
        """
        options = _declarations.ChatOptions(no_generation_prompt=int(not add_generation_prompt),
                                            thinking=0 if thinking is None else 1 if thinking else 2)
        if isinstance(messages, Mapping) or not all(isinstance(message, Mapping) for message in
                                                    _library.listed("messages", messages)):
            raise TypeError(f'messages must be a list such as [{{"role": "user", "content": "Hello"}}], not {messages!r}')
        text = _library.to_json([dict(message) for message in messages])
        with using(self) as model:
            return _library.take_string(_library.lib.gb_apply_chat_template, model, text.encode(), options)

    def chat(self, messages: Sequence[Mapping[str, Any]] | str, *,
             on_text: Callable[[str, str], Any] | None = None, **settings: Any) -> dict[str, Any]:
        """Answers a conversation whose last message is the user's, or one message given as a text.

        `settings` are those of run() and `seed`. By default texts are sampled as the model's generation_config.json says,
        greedily where there is none. `on_text` sees each text as it comes and its part, "thought" or "answer"; returning False
        ends there.

        The result has text, tokens, prompt_tokens, finish_reason, prefill_seconds, decode_seconds and, where the model thought,
        thought, thought_tokens and thought_end.
        """
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        text = _library.to_json([dict(message) for message in _library.listed("messages", messages)])
        watcher = _library.chat_callback(on_text)
        with using(self) as model, signals.Deferred() as deferred:
            pointer, _ = _library.take_handle(_library.lib.gb_chat, model, text.encode(),
                                              _library.to_json(settings).encode(), watcher.pointer, None)
        try:
            if (error := _library.first_error(deferred, watcher)) is not None:
                raise error
            return _library.decode(_library.lib.gb_generation_info(pointer))
        finally:
            _library.lib.gb_generation_free(pointer)

    def score(self, context: Sequence[int], continuation: Sequence[int]) -> list[float]:
        """Natural-log probability of each token of the continuation, given the context (which begins with BOS if the model has one)."""
        before, length = _library.token_array("context", context)
        asked, count = _library.token_array("continuation", continuation)
        scores = _library.float_array(count)

        def call() -> None:
            with using(self) as model:
                _library.lib.gb_score_tokens(scores, model, before, length, asked, count)

        signals.interruptible(call)
        return list(scores[:count])

    def generate(self, prompt: str, *, max_tokens: int = 256, stop: Sequence[str] | str = (),
                 temperature: float = 0.0, top_k: int = 0, top_p: float = 1.0, seed: int = 1234,
                 on_token: Callable[[int, str], Any] | None = None,
                 stops: Sequence[str] | str = ()) -> dict[str, Any]:
        """Continues a prompt: greedily, or with a temperature above 0 by sampling.

        top_k samples from the k most likely tokens alone (0: all), top_p from the most likely whose probabilities add up to p
        (1: all); the same seed gives the same text. `on_token` sees each token and its text; returning False ends there.
        `stop` has the texts that end the generation; `stops` is its older name.

        The result has text, tokens, prompt_tokens, finish_reason, prefill_seconds and decode_seconds.
        """
        stop = stop or stops
        texts = [stop] if isinstance(stop, str) else _library.listed("stop", stop)
        watcher = _library.token_callback(on_token)
        options = _declarations.GenerateOptions(max_tokens=_library.whole_number("max_tokens", max_tokens),
                                                stops=_library.string_array(texts), stop_count=len(texts),
                                                on_token=watcher.pointer, top_p=_share(_library.number("top_p", top_p)),
                                                temperature=_library.number("temperature", temperature),
                                                top_k=_library.whole_number("top_k", top_k),
                                                seed=_library.whole_number("seed", seed, 64))
        prompt_bytes = _library.encode(prompt)
        with using(self) as model, signals.Deferred() as deferred:
            pointer, _ = _library.take_handle(_library.lib.gb_generate, model, prompt_bytes, options)
        try:
            if (error := _library.first_error(deferred, watcher)) is not None:
                raise error
            return _library.decode(_library.lib.gb_generation_info(pointer))
        finally:
            _library.lib.gb_generation_free(pointer)

    def measure_speed(self, *, prompt_tokens: int = 512, generated_tokens: int = 128, repetitions: int = 5,
                      batch_sizes: Sequence[int] = (1,), progress: Listener = None) -> dict[str, Any]:
        """Measures prefill (processing the prompt) and decode (generating tokens) separately, without tokenizer and sampling.

        The result has `prefill`, and `decode` for each batch size, with `tokens_per_second` (median, least and
        greatest of the repetitions), and the share of what the machine can do.
        """
        sizes = [_library.whole_number("batch_sizes", size) for size in _library.listed("batch_sizes", batch_sizes)]
        watcher = _library.progress_callback(progress)
        options = _declarations.SpeedOptions(
            prompt_tokens=_library.whole_number("prompt_tokens", prompt_tokens),
            generated_tokens=_library.whole_number("generated_tokens", generated_tokens),
            repetitions=_library.whole_number("repetitions", repetitions),
            batch_sizes=_library.uint32_array(sizes), batch_count=len(sizes), progress=watcher.pointer)
        with using(self) as model:
            return json.loads(_library.watched_string(watcher, _library.lib.gb_measure_speed, model, options))

    def run(self, task: Task | str | Mapping[str, Any], *, limit: int = 0, batch_size: int = 0,
            progress: Listener = None, on_sample: Callable[[dict[str, Any]], Any] | None = None, **settings: Any) -> Run:
        """Runs a task on the model: an object, a name ("mmlu"), or {"type": "mmlu", "shots": 5}. `limit` is the number of samples (of each subject, where it has subjects); 0: all.

        `settings` say how the model is asked, with the keys that a model of a plan has: `chat_template` (by default the model's
        if it is instruction-tuned), `thinking`, `thinking_budget`, `sampling`, `max_tokens`, `system_instruction`,
        `fewshot_as_multiturn`. `batch_size` generations are decoded together (0: as many as memory allows); results do not
        depend on it.

        If `progress` returns False the run stops early: its samples are kept, and its `cancelled` is True. `on_sample` is
        called with each scored sample and may stop the run in the same way. An exception in it, or in a custom task, ends the
        run and is raised, with the finished samples as its `run`.
        """
        hook = _library.record_callback("on_sample", on_sample)
        watcher = _library.progress_callback(progress)
        options = _declarations.RunOptions(limit=_library.whole_number("limit", limit, 64), progress=watcher.pointer,
                                           settings=_library.to_json(settings).encode(),
                                           batch_size=_library.whole_number("batch_size", batch_size))
        if hook is not None:
            options.on_sample = hook.pointer
        task = as_task(task)
        with using(self, task) as (model, asked), signals.Deferred(watcher) as deferred, task.raising():
            pointer, cancelled = _library.take_handle(_library.lib.gb_run_task, model, asked, options)
        run = Run._opened(pointer, cancelled=cancelled) if pointer else None
        if (error := _library.first_error(deferred, hook, watcher)) is not None:
            error.run = run  # type: ignore[attr-defined]
            raise error
        if run is None:
            raise error_of(_library.CANCELLED, _library.last_error())
        return run


def _share(top_p: float) -> float:
    """Zero means "all" in the library, so a 0 that a caller gives is an error."""
    if top_p == 0:
        raise error_of(-1, "top_p 0: must be above 0 and at most 1")
    return top_p


def load_model(path: str | os.PathLike[str], *, name: str | None = None, threads: int = 0, context_length: int = 0,
               cache_dir: str | os.PathLike[str] | None = None, local_only: bool = False, any_size: bool = False,
               quantization: str | bool | None = None, precision: str | None = None,
               progress: Listener = None) -> Model:
    """Loads a model: a checkpoint folder, a GGUF file, or a model of the Hub by its name, downloaded if it is not in the cache.

    0 threads: every processor; 0 context_length: what the model was made for. `local_only` never downloads; `any_size`
    loads a model even if it needs more memory than is available. `quantization` is the type to which weight matrices are
    quantised while loading, such as "q4_k" or "q8_0"; True is four bits ("q4_0"). `precision` is the type of the activations:
    "float32" (exact), or "bfloat16" (for bfloat16 weights only; about twice as fast with AVX-512 BF16). By default 8 bits
    for quantised weights, else float32.
    """
    watcher = _library.progress_callback(progress)
    flags = (_declarations.LOAD_LOCAL_ONLY if local_only else 0) | (_declarations.LOAD_ANY_SIZE if any_size else 0)
    options = _declarations.LoadOptions(
        name=_library.encode_optional(name), threads=_library.whole_number("threads", threads), flags=flags,
        context_length=_library.whole_number("context_length", context_length),
        cache_dir=_library.encode_optional(cache_dir), progress=watcher.pointer,
        quantization=_library.encode_optional("q4_0" if quantization is True else quantization or None),
        precision=_library.encode_optional(precision))
    where = _library.encode(path)
    with signals.Deferred(watcher) as deferred:
        pointer, _ = _library.take_handle(_library.lib.gb_load_model, where, options)
    model = Model._opened(pointer) if pointer else None
    if (error := _library.first_error(deferred, watcher)) is not None:
        raise error
    if model is None:
        raise error_of(_library.CANCELLED, _library.last_error())
    return model
