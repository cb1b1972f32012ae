"""The documented workflow through the command: prints "NAME: N passed, N failed". GEMMABENCH_COMMAND is the command."""

import pathlib
import sys
import unittest

folder = pathlib.Path(__file__).parent
sys.path.insert(0, str(folder))
result = unittest.TextTestRunner().run(unittest.defaultTestLoader.discover(str(folder)))
failed = len(result.failures) + len(result.errors)
print(f"Workflow: {result.testsRun - failed} passed, {failed} failed")
sys.exit(1 if failed else 0)
