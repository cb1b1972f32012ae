"""The C interface as ctypes takes it: structures, callbacks, flags, and the signatures of all functions.

Written by tools/generate/make_ctypes.py from include/gemmabench.h: change the header, and run it.
"""

from __future__ import annotations

import ctypes
from ctypes import (CFUNCTYPE, POINTER, Structure, c_char_p, c_double, c_float, c_int32, c_size_t, c_uint32, c_uint64,
                    c_void_p)
from typing import Any

STATUS = c_int32
HANDLE = c_void_p  # gb_model *, gb_task *, ...
OUT_HANDLE = POINTER(c_void_p)
OUT_STRING = POINTER(c_void_p)  # not c_char_p, which would lose the pointer that has to be freed


class _Sized(Structure):
    """A struct that begins with its own size; zero in any other field is its default."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self.struct_size = ctypes.sizeof(type(self))


VERSION_MAJOR = 0
VERSION_MINOR = 1
VERSION_PATCH = 0
OK = 0
LOG_DEBUG = 0
LOG_INFO = 1
LOG_WARNING = 2
LOG_CALLBACK = CFUNCTYPE(None, c_int32, c_char_p, c_void_p)


class Progress(_Sized):
    """gb_progress"""

    _fields_ = [("struct_size", c_uint32), ("stage", c_char_p), ("message", c_char_p), ("completed", c_uint64),
                ("total", c_uint64), ("score", c_double), ("scored", c_uint64), ("lower", c_double),
                ("upper", c_double), ("has_interval", c_uint32), ("cell", c_uint32), ("cells", c_uint32),
                ("found", c_uint32), ("seconds_left", c_double), ("has_seconds_left", c_uint32),
                ("reserved", c_uint32), ("prompt_tokens", c_uint64), ("generated_tokens", c_uint64)]


FINISH_SAMPLES = 2
PROGRESS_CALLBACK = CFUNCTYPE(c_int32, POINTER(Progress), c_void_p)
LINE_NOTEBOOK = 1


class LoadOptions(_Sized):
    """gb_load_options"""

    _fields_ = [("struct_size", c_uint32), ("threads", c_uint32), ("context_length", c_uint32), ("flags", c_uint32),
                ("name", c_char_p), ("progress", PROGRESS_CALLBACK), ("user_data", c_void_p), ("cache_dir", c_char_p),
                ("quantization", c_char_p), ("precision", c_char_p)]


LOAD_LOCAL_ONLY = 1
LOAD_ANY_SIZE = 2


class PullOptions(_Sized):
    """gb_pull_options"""

    _fields_ = [("struct_size", c_uint32), ("reserved", c_uint32), ("revision", c_char_p), ("cache_dir", c_char_p),
                ("include", POINTER(c_char_p)), ("include_count", c_size_t), ("progress", PROGRESS_CALLBACK),
                ("user_data", c_void_p)]


class QuantizeOptions(_Sized):
    """gb_quantize_options"""

    _fields_ = [("struct_size", c_uint32), ("threads", c_uint32), ("type", c_char_p), ("cache_dir", c_char_p),
                ("progress", PROGRESS_CALLBACK), ("user_data", c_void_p), ("force", c_uint32), ("reserved2", c_uint32)]


class ChatOptions(_Sized):
    """gb_chat_options"""

    _fields_ = [("struct_size", c_uint32), ("no_generation_prompt", c_uint32), ("thinking", c_uint32),
                ("reserved", c_uint32)]


THINKING_ON = 1
THINKING_OFF = 2
TOKEN_CALLBACK = CFUNCTYPE(c_int32, c_int32, c_char_p, c_void_p)


class GenerateOptions(_Sized):
    """gb_generate_options"""

    _fields_ = [("struct_size", c_uint32), ("max_tokens", c_uint32), ("stops", POINTER(c_char_p)),
                ("stop_count", c_size_t), ("on_token", TOKEN_CALLBACK), ("user_data", c_void_p),
                ("temperature", c_double), ("top_p", c_double), ("top_k", c_uint32), ("reserved", c_uint32),
                ("seed", c_uint64)]


CHAT_CALLBACK = CFUNCTYPE(c_int32, c_char_p, c_char_p, c_void_p)


class SpeedOptions(_Sized):
    """gb_speed_options"""

    _fields_ = [("struct_size", c_uint32), ("prompt_tokens", c_uint32), ("generated_tokens", c_uint32),
                ("repetitions", c_uint32), ("batch_sizes", POINTER(c_uint32)), ("batch_count", c_size_t),
                ("progress", PROGRESS_CALLBACK), ("user_data", c_void_p)]


SAMPLE_CALLBACK = CFUNCTYPE(c_int32, HANDLE, c_uint64, c_void_p)
SCORE_CALLBACK = CFUNCTYPE(c_int32, HANDLE, c_uint64, c_char_p, c_void_p)
RELEASE_CALLBACK = CFUNCTYPE(None, c_void_p)


class TaskCallbacks(_Sized):
    """gb_task_callbacks"""

    _fields_ = [("struct_size", c_uint32), ("reserved", c_uint32), ("description", c_char_p),
                ("sample_count", c_uint64), ("sample", SAMPLE_CALLBACK), ("prompt", SAMPLE_CALLBACK),
                ("score", SCORE_CALLBACK), ("release", RELEASE_CALLBACK), ("user_data", c_void_p)]


RECORD_CALLBACK = CFUNCTYPE(c_int32, c_char_p, c_void_p)


class RunOptions(_Sized):
    """gb_run_options"""

    _fields_ = [("struct_size", c_uint32), ("reserved", c_uint32), ("limit", c_uint64),
                ("progress", PROGRESS_CALLBACK), ("user_data", c_void_p), ("chat_template", c_uint32),
                ("batch_size", c_uint32), ("on_sample", RECORD_CALLBACK), ("settings", c_char_p)]


class PlanOptions(_Sized):
    """gb_plan_options"""

    _fields_ = [("struct_size", c_uint32), ("flags", c_uint32), ("progress", PROGRESS_CALLBACK),
                ("user_data", c_void_p), ("output", c_char_p), ("tasks", POINTER(c_void_p)), ("task_count", c_size_t),
                ("on_sample", RECORD_CALLBACK), ("on_cell", RECORD_CALLBACK)]


PLAN_NO_CACHE = 1
PLAN_FORCE = 2
OUTPUT_CALLBACK = CFUNCTYPE(None, c_void_p, c_size_t, c_void_p)


class LuaOptions(_Sized):
    """gb_lua_options"""

    _fields_ = [("struct_size", c_uint32), ("argument_count", c_uint32), ("arguments", POINTER(c_char_p)),
                ("output", OUTPUT_CALLBACK), ("progress", PROGRESS_CALLBACK), ("user_data", c_void_p)]


# Name -> (result, arguments), in the order of gemmabench.h.
SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "gb_version": (c_char_p, []),
    "gb_status_name": (c_char_p, [STATUS]),
    "gb_last_error": (c_char_p, []),
    "gb_set_log_callback": (STATUS, [LOG_CALLBACK, c_void_p]),
    "gb_system_info": (STATUS, [OUT_STRING]),
    "gb_string_free": (None, [c_void_p]),
    "gb_progress_line_open": (STATUS, [OUT_HANDLE, c_int32, c_uint32]),
    "gb_progress_line_show": (c_char_p, [HANDLE, POINTER(Progress)]),
    "gb_progress_line_clear": (c_char_p, [HANDLE]),
    "gb_progress_line_end": (c_char_p, [HANDLE]),
    "gb_progress_line_free": (None, [HANDLE]),
    "gb_load_model": (STATUS, [OUT_HANDLE, c_char_p, POINTER(LoadOptions)]),
    "gb_model_info": (c_char_p, [HANDLE]),
    "gb_model_free": (None, [HANDLE]),
    "gb_memory_estimate": (STATUS, [OUT_STRING, c_char_p, POINTER(LoadOptions)]),
    "gb_pull_model": (STATUS, [OUT_STRING, c_char_p, POINTER(PullOptions)]),
    "gb_resolve_model": (STATUS, [OUT_STRING, c_char_p, c_char_p]),
    "gb_cached_models": (STATUS, [OUT_STRING, c_char_p]),
    "gb_fetch_data": (STATUS, [OUT_STRING, c_char_p, c_char_p, PROGRESS_CALLBACK, c_void_p]),
    "gb_cached_data": (STATUS, [OUT_STRING, c_char_p]),
    "gb_hub_identity": (STATUS, [OUT_STRING]),
    "gb_quantize_model": (STATUS, [OUT_STRING, c_char_p, c_char_p, POINTER(QuantizeOptions)]),
    "gb_tokenize": (STATUS, [POINTER(POINTER(c_int32)), POINTER(c_size_t), HANDLE, c_char_p, c_int32]),
    "gb_detokenize": (STATUS, [OUT_STRING, HANDLE, POINTER(c_int32), c_size_t]),
    "gb_tokens_free": (None, [POINTER(c_int32)]),
    "gb_apply_chat_template": (STATUS, [OUT_STRING, HANDLE, c_char_p, POINTER(ChatOptions)]),
    "gb_score_tokens": (STATUS, [POINTER(c_float), HANDLE, POINTER(c_int32), c_size_t, POINTER(c_int32), c_size_t]),
    "gb_chat": (STATUS, [OUT_HANDLE, HANDLE, c_char_p, c_char_p, CHAT_CALLBACK, c_void_p]),
    "gb_generate": (STATUS, [OUT_HANDLE, HANDLE, c_char_p, POINTER(GenerateOptions)]),
    "gb_generation_text": (c_char_p, [HANDLE]),
    "gb_generation_info": (c_char_p, [HANDLE]),
    "gb_generation_free": (None, [HANDLE]),
    "gb_measure_speed": (STATUS, [OUT_STRING, HANDLE, POINTER(SpeedOptions)]),
    "gb_task_catalogue": (STATUS, [OUT_STRING]),
    "gb_schema": (STATUS, [OUT_STRING]),
    "gb_suggest": (STATUS, [OUT_STRING, c_char_p, POINTER(c_char_p), c_size_t]),
    "gb_load_task": (STATUS, [OUT_HANDLE, c_char_p]),
    "gb_reply_set": (STATUS, [HANDLE, c_char_p]),
    "gb_define_task": (STATUS, [OUT_HANDLE, POINTER(TaskCallbacks)]),
    "gb_task_info": (c_char_p, [HANDLE]),
    "gb_task_prompts": (STATUS, [OUT_STRING, HANDLE, c_uint64]),
    "gb_task_free": (None, [HANDLE]),
    "gb_run_task": (STATUS, [OUT_HANDLE, HANDLE, HANDLE, POINTER(RunOptions)]),
    "gb_run_count": (c_uint64, [HANDLE]),
    "gb_run_sample": (c_char_p, [HANDLE, c_uint64]),
    "gb_run_info": (c_char_p, [HANDLE]),
    "gb_run_free": (None, [HANDLE]),
    "gb_stats": (STATUS, [OUT_STRING, HANDLE, c_char_p]),
    "gb_compare": (STATUS, [OUT_STRING, HANDLE, HANDLE, c_char_p]),
    "gb_adjust": (STATUS, [POINTER(c_double), POINTER(c_double), c_size_t, c_char_p]),
    "gb_format_value": (STATUS, [OUT_STRING, c_double, c_char_p]),
    "gb_power": (STATUS, [OUT_STRING, c_char_p]),
    "gb_plan_parse": (STATUS, [OUT_HANDLE, c_char_p]),
    "gb_plan_read": (STATUS, [OUT_HANDLE, c_char_p]),
    "gb_plan_change": (STATUS, [OUT_HANDLE, HANDLE, c_char_p]),
    "gb_plan_info": (c_char_p, [HANDLE]),
    "gb_plan_free": (None, [HANDLE]),
    "gb_plan_run": (STATUS, [OUT_HANDLE, HANDLE, POINTER(PlanOptions)]),
    "gb_plan_estimate": (STATUS, [OUT_STRING, HANDLE, POINTER(PlanOptions)]),
    "gb_report_run_count": (c_uint64, [HANDLE]),
    "gb_report_run": (HANDLE, [HANDLE, c_uint64]),
    "gb_compare_reports": (STATUS, [OUT_STRING, HANDLE, HANDLE, c_char_p]),
    "gb_report_pivot": (STATUS, [OUT_STRING, HANDLE, c_char_p]),
    "gb_report_render": (STATUS, [OUT_STRING, HANDLE, c_char_p]),
    "gb_report_set_force": (STATUS, [HANDLE, c_int32]),
    "gb_report_write": (STATUS, [HANDLE, c_char_p]),
    "gb_report_chart": (STATUS, [HANDLE, c_char_p, c_char_p]),
    "gb_report_charts": (STATUS, [OUT_STRING, HANDLE, c_char_p, c_char_p]),
    "gb_report_read": (STATUS, [OUT_HANDLE, c_char_p]),
    "gb_report_export": (STATUS, [OUT_STRING, HANDLE, c_char_p, c_char_p]),
    "gb_store_history": (STATUS, [OUT_STRING, c_char_p]),
    "gb_report_free": (None, [HANDLE]),
    "gb_run_lua_file": (STATUS, [c_char_p, POINTER(LuaOptions)]),
}
