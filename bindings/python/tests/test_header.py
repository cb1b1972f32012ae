"""The signature table against include/gemmabench.h."""

import ctypes
import pathlib
import re
import unittest

from gemmabench import _declarations, _library, errors

HEADER = pathlib.Path(__file__).resolve().parents[3] / "include/gemmabench.h"
SCALARS = {"int32_t": ctypes.c_int32, "gb_status": ctypes.c_int32, "uint32_t": ctypes.c_uint32,
           "uint64_t": ctypes.c_uint64, "size_t": ctypes.c_size_t, "float": ctypes.c_float, "double": ctypes.c_double}
CALLBACKS = {"gb_progress_callback": _declarations.PROGRESS_CALLBACK, "gb_token_callback": _declarations.TOKEN_CALLBACK,
             "gb_record_callback": _declarations.RECORD_CALLBACK, "gb_sample_callback": _declarations.SAMPLE_CALLBACK,
             "gb_score_callback": _declarations.SCORE_CALLBACK, "gb_release_callback": _declarations.RELEASE_CALLBACK,
             "gb_log_callback": _declarations.LOG_CALLBACK, "gb_output_callback": _declarations.OUTPUT_CALLBACK}
STRUCTS = {"gb_progress": _declarations.Progress, "gb_load_options": _declarations.LoadOptions,
           "gb_pull_options": _declarations.PullOptions,
           "gb_quantize_options": _declarations.QuantizeOptions, "gb_compare_options": _declarations.CompareOptions,
           "gb_power_options": _declarations.PowerOptions,
           "gb_chat_options": _declarations.ChatOptions, "gb_generate_options": _declarations.GenerateOptions,
           "gb_run_options": _declarations.RunOptions, "gb_task_callbacks": _declarations.TaskCallbacks,
           "gb_stats_options": _declarations.StatsOptions, "gb_stats_result": _declarations.StatsResult,
           "gb_speed_options": _declarations.SpeedOptions, "gb_plan_options": _declarations.PlanOptions,
           "gb_lua_options": _declarations.LuaOptions}


def header_code():
    return re.sub(r"/\*.*?\*/", " ", HEADER.read_text(), flags=re.S)


def split_declaration(declaration):
    """'const char *path' -> ('char', 1): the base type and how many pointers deep."""
    words = re.sub(r"\bconst\b|\bstruct\b", " ", declaration)
    return re.findall(r"\w+", words)[0], words.count("*")


def expected_types(base, depth):
    """The ctypes types that may stand for a C type."""
    if base in CALLBACKS:
        return [CALLBACKS[base]]
    if depth == 0:
        return [None if base == "void" else SCALARS[base]]
    if base == "char":
        return [ctypes.c_char_p, ctypes.c_void_p] if depth == 1 else [ctypes.POINTER(ctypes.c_void_p),
                                                                      ctypes.POINTER(ctypes.c_char_p)]
    if base == "void" or (base not in SCALARS and base not in STRUCTS):
        return [ctypes.c_void_p if depth == 1 else ctypes.POINTER(ctypes.c_void_p)]
    kind = SCALARS.get(base) or STRUCTS[base]
    for _ in range(depth):
        kind = ctypes.POINTER(kind)
    return [kind]


class HeaderTests(unittest.TestCase):
    def test_every_function_of_the_header_is_in_the_table_with_its_types(self):
        found = {}
        for result, name, parameters in re.findall(r"^([\w ]+[ *]+)(gb_\w+)\(([^;{}]*)\);", header_code(), flags=re.M):
            if "typedef" not in result:
                found[name] = (result, [] if parameters.strip() == "void" else parameters.split(","))
        self.assertEqual(list(found), list(_declarations.SIGNATURES))
        for name, (result, parameters) in found.items():
            table_result, table_parameters = _declarations.SIGNATURES[name]
            self.assertEqual(len(parameters), len(table_parameters), name)
            self.assertIn(table_result, expected_types(*split_declaration(result)), name)
            for parameter, kind in zip(parameters, table_parameters):
                self.assertIn(kind, expected_types(*split_declaration(parameter)), f"{name}: {parameter}")

    def test_every_struct_has_the_fields_of_the_header(self):
        found = {name: body for body, name in re.findall(r"typedef struct \w+ \{([^}]*)\} (\w+);", header_code())}
        self.assertEqual(set(found), set(STRUCTS))
        for name, body in found.items():
            fields = [field.strip() for field in body.split(";") if field.strip()]
            table = STRUCTS[name]._fields_
            self.assertEqual([re.findall(r"\w+", field)[-1] for field in fields], [entry[0] for entry in table], name)
            for field, (_, kind) in zip(fields, table):
                self.assertIn(kind, expected_types(*split_declaration(field)), f"{name}: {field}")

    def test_every_status_has_its_exception(self):
        statuses = {int(number) for number in re.findall(r"#define GB_\w+ \((-\d+)\)", header_code())}
        self.assertEqual(statuses, set(errors.BY_STATUS))
        for status, kind in errors.BY_STATUS.items():
            name = _library.lib.gb_status_name(status).decode().removeprefix("GB_").replace("_", "").lower()
            expected = kind.__name__.removesuffix("Error").lower()
            self.assertIn(expected, {name, {"notfound": "missingfile"}.get(name, name)})
