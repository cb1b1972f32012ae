"""Task files whose functions Python runs in a process of its own, from within Python: signals, threads, what is left."""

import os
import pathlib
import signal
import threading
import unittest

import gemmabench as gb

TASK = pathlib.Path(__file__).resolve().parents[3] / "Tests/Goldens/descriptions/python/hooked_notes.yaml"


def children():
    """The processes of this one that are there, and those that are not waited for."""
    own = os.getpid()
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = entry.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == own:
            found.append((entry.parent.name, state))
    return found


class HookTests(unittest.TestCase):
    def load(self):
        return gb.task(str(TASK), hooks="python")

    def test_a_task_is_loaded_and_leaves_no_process(self):
        before = children()
        with self.load() as task:
            prompts = task.prompts(2)
            self.assertIn("Who hoots?", prompts[0]["context"])
            self.assertEqual(len(children()), len(before) + 1)
        del task, prompts
        self.assertEqual(children(), before)

    def test_a_host_that_leaves_its_children_to_the_system(self):
        earlier = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        try:
            with self.load() as task:
                self.assertEqual(len(task.prompts(3)), 3)
        finally:
            signal.signal(signal.SIGCHLD, earlier)
        self.assertEqual(children(), [])

    def test_several_threads(self):
        with self.load() as task:
            wanted, made, failures = task.prompts(8), [], []

            def ask():
                try:
                    made.append(task.prompts(8))
                except Exception as error:  # shown below
                    failures.append(error)

            threads = [threading.Thread(target=ask) for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(failures, [])
            self.assertEqual(made, [wanted] * 6)


if __name__ == "__main__":
    unittest.main()
