"""The declarations of ctypes against include/gemmabench.h."""

import ctypes
import pathlib
import re
import subprocess
import sys
import unittest

from gemmabench import _declarations, _library, errors

ROOT = pathlib.Path(__file__).resolve().parents[3]
HEADER = ROOT / "include/gemmabench.h"
MAKER = ROOT / "tools/generate/make_ctypes.py"


def header_code():
    return re.sub(r"/\*.*?\*/", " ", HEADER.read_text(), flags=re.S)


class HeaderTests(unittest.TestCase):
    def test_the_declarations_are_what_the_header_says(self):
        done = subprocess.run([sys.executable, MAKER, "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_name_of_the_header_is_declared(self):
        # By another way than the script's: whatever is called like a function, or ends a struct.
        functions = set(re.findall(r"\b(gb_\w+)\(", header_code()))
        self.assertEqual(functions, set(_declarations.SIGNATURES))
        structs = set(re.findall(r"^\} (gb_\w+);", header_code(), re.M))
        declared = {kind.__doc__ for kind in vars(_declarations).values()
                    if isinstance(kind, type) and issubclass(kind, ctypes.Structure) and kind.__doc__}
        self.assertLessEqual(structs, declared)

    def test_every_status_has_its_exception(self):
        statuses = {int(number) for number in re.findall(r"#define GB_\w+ \((-\d+)\)", header_code())}
        self.assertEqual(statuses, set(errors.BY_STATUS))
        for status, kind in errors.BY_STATUS.items():
            name = _library.lib.gb_status_name(status).decode().removeprefix("GB_").replace("_", "").lower()
            expected = kind.__name__.removesuffix("Error").lower()
            self.assertIn(expected, {name, {"notfound": "missingfile"}.get(name, name)})
