"""python3 Tests/Fronts/Hub: runs the tests and ends with 'N passed, N failed'. GEMMABENCH_COMMAND names the command."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
names = [f"{name}*" for name in sys.argv[1:]] or None
loader = unittest.TestLoader()
loader.testNamePatterns = [f"*{name}*" for name in sys.argv[1:]] or None
suite = loader.discover(str(pathlib.Path(__file__).parent), pattern="test_*.py")
result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(suite)
for test, reason in result.skipped:
    print(f"NOT RUN: {test.id()}: {reason}")
failed = len(result.failures) + len(result.errors)
print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed")
sys.exit(0 if failed == 0 and result.testsRun > 0 else 1)
