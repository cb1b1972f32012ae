"""The command and the library, as the tests of statistics use them."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMMAND = os.environ["GEMMABENCH_COMMAND"]
POCKET = ROOT / "scripts" / "pocket"


def command(*arguments):
    made = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False)
    if made.returncode != 0:
        raise AssertionError(f"{arguments}: {made.stderr}")
    return made.stdout


def numbers(value):
    """Every number in a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for part in value for number in numbers(part)]
    return [value] if isinstance(value, float) else []
