"""Statistics through every front: prints "N passed, N failed".

GEMMABENCH_COMMAND names the command; GEMMABENCH_LIBRARY the library, which Python calls as C does.
"""

import pathlib
import sys
import unittest

folder = pathlib.Path(__file__).parent
sys.path.insert(0, str(folder))
result = unittest.TextTestRunner().run(unittest.defaultTestLoader.discover(str(folder)))
failed = len(result.failures) + len(result.errors)
print(f"{result.testsRun - failed} passed, {failed} failed")
sys.exit(0 if failed == 0 and result.testsRun > 0 else 1)
