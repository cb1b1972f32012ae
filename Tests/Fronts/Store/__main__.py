"""python3 Tests/Fronts/Store: runs the tests and ends with 'N passed, N failed'. GEMMABENCH_COMMAND names the command."""

import pathlib
import sys
import unittest

folder = str(pathlib.Path(__file__).parent)
sys.path.insert(0, folder)
loader = unittest.TestLoader()
loader.testNamePatterns = [f"*{name}*" for name in sys.argv[1:]] or None
result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(loader.discover(folder, pattern="test_*.py"))
for test, reason in result.skipped:
    print(f"NOT RUN: {test.id()}: {reason}")
failed = len(result.failures) + len(result.errors)
print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed")
sys.exit(0 if failed == 0 and result.testsRun > 0 else 1)
