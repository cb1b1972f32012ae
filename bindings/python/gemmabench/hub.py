"""Models as files: the Hugging Face Hub and its cache, quantised files, and the memory that a model takes."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from . import _declarations, _library
from .progress import Listener


def pull(model: str, *, revision: str | None = None, cache_dir: str | os.PathLike[str] | None = None,
         include: Sequence[str] | str = (), progress: Listener = None) -> dict[str, Any]:
    """Downloads what the Hub's cache lacks of a model: {path, id, revision, files, received_bytes}.

    `include` holds patterns of the files to fetch; without any, those that a Gemma needs. A download that broke, or was
    cancelled by `progress` returning False, is gone on with by the next call.
    """
    patterns = [include] if isinstance(include, str) else _library.listed("include", include)
    return json.loads(_library.pull(model, revision, cache_dir, patterns, progress))


def resolve(model: str | os.PathLike[str], *, cache_dir: str | os.PathLike[str] | None = None) -> str:
    """The path of a model on this machine; never uses the network."""
    return _library.read_string(
        _library.lib.gb_resolve_model, _library.encode(model), _library.encode_optional(cache_dir))


def cached_models(*, cache_dir: str | os.PathLike[str] | None = None) -> list[dict[str, Any]]:
    """The models in the Hub's cache: id, revision, refs, size_bytes, type, is_gemma, missing, path."""
    return json.loads(_library.read_string(_library.lib.gb_cached_models, _library.encode_optional(cache_dir)))


def hub_identity() -> dict[str, Any]:
    """Whose the token is, asked of the Hub: name, full_name, token_name, token_role, token_source."""
    return json.loads(_library.read_string(_library.lib.gb_hub_identity))


def quantize(model: str | os.PathLike[str], output: str | os.PathLike[str], *, type: str = "q4_k", threads: int = 0,
             cache_dir: str | os.PathLike[str] | None = None, force: bool = False,
             progress: Listener = None) -> dict[str, Any]:
    """Writes a model as a GGUF file with quantised matrices: {path, type, parameters, bytes_before, bytes,
    bits_per_weight, tensors}. A few rows are in memory at a time; there is nothing at `output` until it is whole. A file that
    is there is an error, unless `force` has it replaced.
    """
    return json.loads(_library.quantize(model, output, type, threads, cache_dir, force, progress))


def memory_estimate(model: str | os.PathLike[str], *, context_length: int = 0, threads: int = 0,
                    quantization: str | None = None,
                    cache_dir: str | os.PathLike[str] | None = None) -> dict[str, Any]:
    """What a model would take of the memory once loaded and its context full, in bytes; nothing is loaded."""
    options = _declarations.LoadOptions(threads=_library.whole_number("threads", threads),
                                        context_length=_library.whole_number("context_length", context_length),
                                        quantization=_library.encode_optional(quantization),
                                        cache_dir=_library.encode_optional(cache_dir))
    return json.loads(_library.read_string(_library.lib.gb_memory_estimate, _library.encode(model), options))
