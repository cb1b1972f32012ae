#!/usr/bin/env python3
"""Writes bindings/python/gemmabench/_declarations.py from include/gemmabench.h; with --check, says whether it is up to date.

The header keeps to a small part of C, which is all that is read here: typedefs of structs, of opaque structs and of
functions, declarations of functions, and #define of numbers.
"""

from __future__ import annotations

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADER = ROOT / "include/gemmabench.h"
OUTPUT = ROOT / "bindings/python/gemmabench/_declarations.py"

SCALARS = {"int32_t": "c_int32", "gb_status": "STATUS", "uint32_t": "c_uint32", "uint64_t": "c_uint64",
           "size_t": "c_size_t", "float": "c_float", "double": "c_double"}

HEAD = '''"""The C interface as ctypes takes it: structures, callbacks, flags, and the signatures of all functions.

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
'''


def class_name(name: str) -> str:
    """gb_load_options -> LoadOptions"""
    return "".join(word.capitalize() for word in name.removeprefix("gb_").split("_"))


class Header:
    """What the header declares, as lines of Python in its order."""

    def __init__(self, text: str) -> None:
        self.code = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
        self.structs: set[str] = set()
        self.callbacks: dict[str, str] = {}
        self.lines: list[str] = []
        self.signatures: list[str] = []
        self.read()

    def read(self) -> None:
        pattern = re.compile(
            r"^#define GB_(?P<flag>\w+) (?P<number>\d+)u?[ \t]*$"
            r"|^typedef struct (?P<struct>\w+) \{(?P<fields>[^}]*)\} \w+;"
            r"|^typedef (?P<gives>\w+) \(\*(?P<callback>\w+)\)\((?P<takes>[^)]*)\);"
            r"|^(?P<result>(?!typedef)[\w ]+[ *]+)(?P<function>gb_\w+)\((?P<parameters>[^;{}]*)\);", re.M)
        for found in pattern.finditer(self.code):
            part = {key: value for key, value in found.groupdict().items() if value is not None}
            if "flag" in part:
                self.lines.append(f"{part['flag']} = {part['number']}")
            elif "struct" in part:
                self.struct(part["struct"], part["fields"])
            elif "callback" in part:
                self.callback(part["callback"], part["gives"], part["takes"])
            else:
                self.function(part["function"], part["result"], part["parameters"])

    def struct(self, name: str, body: str) -> None:
        fields = [field.strip() for field in body.split(";") if field.strip()]
        if not fields[0].endswith("struct_size"):
            raise SystemExit(f"{name}: its first field is not struct_size")
        self.structs.add(name)
        entries = [f'("{re.findall(r"[A-Za-z_0-9]+", field)[-1]}", {self.type(field)})' for field in fields]
        self.lines += ["", "", f"class {class_name(name)}(_Sized):", f'    """{name}"""', "",
                       wrapped("    _fields_ = [", entries, "]"), "", ""]

    def callback(self, name: str, gives: str, takes: str) -> None:
        constant = name.removeprefix("gb_").upper()
        self.callbacks[name] = constant
        types = [self.type(gives)] + self.parameters(takes)
        self.lines.append(wrapped(f"{constant} = CFUNCTYPE(", types, ")"))

    def function(self, name: str, result: str, parameters: str) -> None:
        types = self.parameters(parameters)
        self.signatures.append(wrapped(f'    "{name}": ({self.type(result)}, [', types, "]),"))

    def parameters(self, text: str) -> list[str]:
        declarations = [] if text.strip() == "void" else text.split(",")
        types = [self.type(declaration) for declaration in declarations]
        # A text that is given with its length may hold zero bytes, which c_char_p would end it at.
        for index, kind in enumerate(types[:-1]):
            if kind == "c_char_p" and types[index + 1] == "c_size_t":
                types[index] = "c_void_p"
        return types

    def type(self, declaration: str) -> str:
        """The ctypes type of "const char *const *include", "gb_model **out" and the like."""
        base = re.findall(r"\w+", re.sub(r"\bconst\b|\bstruct\b", " ", declaration))[0]
        depth = declaration.count("*")
        if base in self.callbacks and depth == 0:
            return self.callbacks[base]
        if depth == 0:
            if base != "void" and base not in SCALARS:
                raise SystemExit(f"{declaration.strip()}: of no known type")
            return SCALARS.get(base, "None")
        if base == "char":
            # A list of texts goes in; a text that comes out is freed.
            if depth == 1:
                return "c_char_p" if "const" in declaration else "c_void_p"
            return "POINTER(c_char_p)" if "const" in declaration else "OUT_STRING"
        if base == "void":
            return "c_void_p"
        if base in SCALARS or base in self.structs:
            kind = SCALARS.get(base) or class_name(base)
            return "POINTER(" * depth + kind + ")" * depth
        return "HANDLE" if depth == 1 else "POINTER(c_void_p)" if "const" in declaration else "OUT_HANDLE"


def wrapped(start: str, items: list[str], end: str) -> str:
    """The items behind the start, broken before column 120, where lines go on below the first item."""
    lines, line = [], start
    for index, item in enumerate(items):
        piece = item + (", " if index + 1 < len(items) else end)
        if len((line + piece).rstrip()) > 119 and line.strip():
            lines.append(line.rstrip())
            line = " " * len(start)
        line += piece
    return "\n".join([*lines, line if items else start + end])


def text_of(header: Header) -> str:
    body = re.sub(r"\n{4,}", "\n\n\n", "\n".join(header.lines).strip("\n"))
    return (f"{HEAD}\n\n{body}\n\n\n# Name -> (result, arguments), in the order of gemmabench.h.\n"
            "SIGNATURES: dict[str, tuple[Any, list[Any]]] = {\n" + "\n".join(header.signatures) + "\n}\n")


def main() -> None:
    text = text_of(Header(HEADER.read_text(encoding="utf-8")))
    if sys.argv[1:] == ["--check"]:
        if OUTPUT.read_text(encoding="utf-8") != text:
            sys.exit(f"{OUTPUT.relative_to(ROOT)} is not what the header says; run tools/generate/make_ctypes.py")
        print(f"ctypes: {text.count('gb_') } names as in the header")
        return
    OUTPUT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
