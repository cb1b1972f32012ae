"""Models as files: the Hugging Face Hub and its cache, quantised files, and the memory that a model needs."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from . import _declarations, _library
from .progress import Listener


def pull(model: str, *, revision: str | None = None, cache_dir: str | os.PathLike[str] | None = None,
         include: Sequence[str] | str = (), progress: Listener = None) -> dict[str, Any]:
    """Downloads a model into the Hub's cache; cached files are not downloaded again: {path, id, revision, files, received_bytes}.

    `include` holds patterns of the files to fetch; without any, those that a model needs. Interrupted downloads, and
    those cancelled by `progress` returning False, are resumed by the next call.
    """
    patterns = [include] if isinstance(include, str) else _library.listed("include", include)
    return json.loads(_library.pull(model, revision, cache_dir, patterns, progress))


def resolve(model: str | os.PathLike[str], *, cache_dir: str | os.PathLike[str] | None = None) -> str:
    """The path of a model on this machine; never uses the network."""
    return _library.read_string(
        _library.lib.gb_resolve_model, _library.encode(model), _library.encode_optional(cache_dir))


def cached_models(*, cache_dir: str | os.PathLike[str] | None = None) -> list[dict[str, Any]]:
    """The models in the Hub's cache: id, revision, refs, size_bytes, type, supported, missing, path."""
    return json.loads(_library.read_string(_library.lib.gb_cached_models, _library.encode_optional(cache_dir)))


def fetch_data(name: str, *, revision: str | None = None, config: str | None = None,
               split: Sequence[str] | str | None = None, offline: bool = False,
               cache_dir: str | os.PathLike[str] | None = None, progress: Listener = None) -> dict[str, Any]:
    """Downloads a data set into the Hub's cache and checks it: {id, config, revision, parquet_copy, size_bytes, received_bytes,
    splits, notices}.

    Without `split`, all splits. Tasks with `data="hf://datasets/OWNER/NAME"` read the commit that is in the cache; only this call
    replaces it with the newest.
    """
    options = _library.call_options("fetch_data", {
        "revision": revision, "config": config, "split": [split] if isinstance(split, str) else split,
        "offline": offline, "cache_dir": None if cache_dir is None else os.fspath(cache_dir)})
    return json.loads(_library.fetch_data(name, options, progress))


def cached_data(*, cache_dir: str | os.PathLike[str] | None = None) -> list[dict[str, Any]]:
    """The data sets in the Hub's cache: id, revision, refs, size_bytes, splits, path."""
    return json.loads(_library.read_string(_library.lib.gb_cached_data, _library.encode_optional(cache_dir)))


def hub_identity() -> dict[str, Any]:
    """The account that the token belongs to: name, full_name, token_name, token_role, token_source."""
    return json.loads(_library.read_string(_library.lib.gb_hub_identity))


def quantize(model: str | os.PathLike[str], output: str | os.PathLike[str], *, type: str = "q4_k", threads: int = 0,
             cache_dir: str | os.PathLike[str] | None = None, force: bool = False,
             progress: Listener = None) -> dict[str, Any]:
    """Writes a model as a GGUF file with quantised matrices: {path, type, parameters, bytes_before, bytes,
    bits_per_weight, tensors}. Only a few rows are in memory at a time; there is no file at `output` until it is complete.
    An existing file is an error unless `force` is True.
    """
    return json.loads(_library.quantize(model, output, type, threads, cache_dir, force, progress))


def memory_estimate(model: str | os.PathLike[str], *, context_length: int = 0, threads: int = 0,
                    quantization: str | None = None,
                    cache_dir: str | os.PathLike[str] | None = None) -> dict[str, Any]:
    """The memory that a model needs with its context full, in bytes; the model is not loaded."""
    options = _declarations.LoadOptions(threads=_library.whole_number("threads", threads),
                                        context_length=_library.whole_number("context_length", context_length),
                                        quantization=_library.encode_optional(quantization),
                                        cache_dir=_library.encode_optional(cache_dir))
    return json.loads(_library.read_string(_library.lib.gb_memory_estimate, _library.encode(model), options))
