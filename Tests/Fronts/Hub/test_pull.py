"""gemmabench pull: what lands in the cache, and what a broken, cancelled or doubled download comes to."""

import os
import pathlib
import resource
import signal
import time
import unittest

from hub_server import GOOD_TOKEN
from support import BIG, BIG_BYTES, MODEL, SHARD, TINY, HubTestCase


class WholeDownloads(HubTestCase):
    def test_layout(self):
        path = pathlib.Path(self.succeed("pull", MODEL).strip())
        commit = self.hub.repositories[MODEL].commit
        self.assertEqual(path, self.folder() / "snapshots" / commit)
        self.assertEqual((self.folder() / "refs/main").read_text(), commit)
        self.assertTrue((self.cache / "CACHEDIR.TAG").exists())
        self.check_snapshot(path, MODEL, TINY)  # and neither README.md nor the GGUF nor pytorch_model.bin

    def test_second_pull_receives_nothing(self):
        self.succeed("pull", MODEL)
        before = len(self.hub.requests("store"))
        self.assertIn('"received_bytes": 0', self.succeed("pull", MODEL, "--format", "json"))
        self.assertEqual(len(self.hub.requests("store")), before)

    def test_revisions(self):
        for revision in ("v1", "refs/pr/1"):
            self.succeed("pull", MODEL, "--revision", revision)
            self.assertEqual((self.folder() / "refs" / revision).read_text(), self.hub.repositories[MODEL].commit)
        self.succeed("pull", f"{MODEL}@{self.hub.repositories[MODEL].commit}")
        self.assertFalse((self.folder() / "refs/main").exists())

    def test_cache_dir(self):
        elsewhere = self.home / "else/where"
        output = self.succeed("pull", MODEL, "--cache-dir", str(elsewhere))
        self.assertTrue(output.startswith(str(elsewhere)))
        self.assertFalse(self.cache.exists())

    def test_include(self):
        path = pathlib.Path(self.succeed("pull", MODEL, "--include", "*.md", "--include", "original/*").strip())
        self.check_snapshot(path, MODEL, ["README.md", "original/consolidated.pth"])
        self.fail_with("pull", MODEL, "--include", "*.onnx", words=["*.onnx", "config.json"])

    def test_gguf(self):
        model = "someone/gemma-gguf"
        self.fail_with("pull", model, words=["several GGUF", "gemma-tiny-q4_0.gguf", "gemma-tiny-Q8_0.gguf"])
        path = pathlib.Path(self.succeed("pull", f"{model}:q8-0").strip())
        self.assertEqual(path.name, "gemma-tiny-Q8_0.gguf")
        self.check_snapshot(path.parent, model, ["gemma-tiny-Q8_0.gguf"])
        self.fail_with("pull", f"{model}:q5_k", words=["q5_k", "gemma-tiny-q4_0.gguf"])

    def test_token_goes_to_the_hub_and_not_to_the_store(self):
        self.succeed("pull", "google/gemma-gated", HF_TOKEN=GOOD_TOKEN)
        hub, store = self.hub.requests("hub"), self.hub.requests("store")
        self.assertTrue(hub and store)
        self.assertEqual({entry["authorization"] for entry in hub}, {f"Bearer {GOOD_TOKEN}"})
        self.assertEqual({entry["authorization"] for entry in store}, {None})

    def test_stored_token(self):
        (self.home / "token").write_text(GOOD_TOKEN + "\n")
        self.succeed("pull", "google/gemma-gated")
        self.assertIn("tester", self.succeed("auth"))

    def test_in_parallel(self):
        self.hub.seconds_per_chunk = 0.01
        self.succeed("pull", "google/gemma-big")
        times = [entry["time"] for entry in self.hub.requests("store")]
        self.assertLess(max(times) - min(times), 0.8)  # one shard alone takes 0.96 s

    def test_no_progress_on_standard_output(self):
        self.hub.seconds_per_chunk = 0.01
        self.assertEqual(len(self.succeed("pull", "google/gemma-big").splitlines()), 1)


class BrokenDownloads(HubTestCase):
    def break_once(self, at):
        broken = []

        def fault(handler, where):
            if where != "store" or broken or handler.data(self.hub) != BIG[SHARD]:
                return False
            broken.append(handler.path)
            _, body, headers = handler.part(handler.data(self.hub))
            handler.break_off(body, at, **headers)
            return True

        self.hub.faults.append(fault)

    def pull_big(self, **variables):
        path = pathlib.Path(self.succeed("pull", "google/gemma-big", **variables).strip())
        self.check_snapshot(path, "google/gemma-big", BIG)

    def test_goes_on_in_mid_file(self):
        self.break_once(1_000_000)
        self.pull_big()
        ranges = [entry["range"] for entry in self.hub.requests("store") if entry["range"]]
        self.assertEqual(len(ranges), 1)
        self.assertGreater(int(ranges[0].removeprefix("bytes=").rstrip("-")), 0)

    def test_ranges_not_known(self):
        self.break_once(1_000_000)

        def ignore_range(handler, where):
            if where == "store":
                handler.entry["range"] = None
            return False

        self.hub.faults.append(ignore_range)
        self.pull_big()

    def test_killed_and_gone_on(self):
        self.hub.seconds_per_chunk = 0.02
        process = self.start("pull", "google/gemma-big")
        self.wait_for_bytes()
        process.kill()
        process.communicate()
        self.assertFalse((self.folder("google/gemma-big") / "refs/main").exists())
        self.hub.seconds_per_chunk = 0
        kept = sum(file.stat().st_size for file in (self.folder("google/gemma-big") / "blobs").glob("*.incomplete"))
        self.assertGreater(kept, 0)
        before = self.hub.bytes_sent()
        self.pull_big()
        large = sum(len(data) for data in BIG.values() if len(data) >= 4096)
        # The killed one's last parts may still be counted.
        self.assertLessEqual(self.hub.bytes_sent() - before, large - kept + 4 * self.hub.chunk)

    def test_interrupted_and_gone_on(self):
        self.hub.seconds_per_chunk = 0.02
        process = self.start("pull", "google/gemma-big")
        self.wait_for_bytes()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("run the same command again", errors)
        self.hub.seconds_per_chunk = 0
        self.pull_big()
        self.assertTrue(any(entry["range"] for entry in self.hub.requests("store")))

    def wait_for_bytes(self, count=500_000):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.incomplete_bytes() > count:
                return
            time.sleep(0.02)
        self.fail("no bytes came")

    def incomplete_bytes(self):
        total = 0
        for file in self.cache.rglob("*.incomplete"):
            try:
                total += file.stat().st_size
            except FileNotFoundError:  # a small one that has just been completed
                pass
        return total

    def test_two_at_once(self):
        self.hub.seconds_per_chunk = 0.01
        processes = [self.start("pull", "google/gemma-big") for _ in range(2)]
        for process in processes:
            _, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, errors)
        self.hub.seconds_per_chunk = 0
        large = sum(len(data) for name, data in BIG.items() if len(data) >= 4096)
        self.assertEqual(self.hub.bytes_sent(), large)  # each byte once
        self.pull_big()

    def test_part_file_with_other_bytes(self):
        self.blob(SHARD).parent.mkdir(parents=True)
        pathlib.Path(f"{self.blob(SHARD)}.incomplete").write_bytes(b"x" * 1000)
        self.pull_big()

    def test_part_file_too_long(self):
        self.blob(SHARD).parent.mkdir(parents=True)
        pathlib.Path(f"{self.blob(SHARD)}.incomplete").write_bytes(b"x" * (BIG_BYTES + 1000))
        self.pull_big()

    def test_whole_part_file(self):
        self.blob(SHARD).parent.mkdir(parents=True)
        pathlib.Path(f"{self.blob(SHARD)}.incomplete").write_bytes(BIG[SHARD])
        self.pull_big()
        self.assertEqual(self.hub.requests("store", self.blob(SHARD).name), [])

    def test_wrong_bytes(self):
        def spoil(handler, where):
            if where != "store" or handler.data(self.hub) != BIG[SHARD]:
                return False
            handler.send(200, b"y" * len(BIG[SHARD]))
            return True

        self.hub.faults.append(spoil)
        self.fail_with("pull", "google/gemma-big", words=["SHA-256", SHARD])
        self.assertFalse(self.blob(SHARD).exists())
        self.assertFalse((self.folder("google/gemma-big") / "refs/main").exists())
        self.hub.faults.clear()
        self.pull_big()

    def test_wrong_bytes_of_a_small_file(self):
        def spoil(handler, where):
            if where != "hub" or not handler.path.endswith("generation_config.json"):
                return False
            handler.send(200, b"z" * len(TINY["config.json"]), X_Repo_Commit=self.hub.repositories[MODEL].commit)
            return True

        repository = self.hub.repositories[MODEL]
        repository.files["generation_config.json"] = TINY["config.json"] + b" "
        self.hub.faults.append(spoil)
        self.fail_with("pull", MODEL, words=["generation_config.json"])

    def test_other_etag(self):
        def lie(handler, where):
            if where != "hub" or "/resolve/" not in handler.path or not handler.path.endswith(SHARD):
                return False
            handler.send(302, X_Linked_Etag='"' + "0" * 64 + '"', Location=self.hub.store + "/x/y/z")
            return True

        self.hub.faults.append(lie)
        self.fail_with("pull", "google/gemma-big", words=[SHARD, "0" * 64])

    def test_file_limit(self):
        limits = (BIG_BYTES // 2, BIG_BYTES // 2)
        self.fail_with("pull", "google/gemma-big", words=["File too large", "ulimit", "--cache-dir"],
                       popen={"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits)})
        self.pull_big()
        self.assertTrue(any(entry["range"] for entry in self.hub.requests("store")))

    def test_full_disk(self):
        disk = self.home / "disk"
        disk.mkdir()
        if os.system(f"mount -t tmpfs -o size=8m gemmabench-test {disk} 2>/dev/null") != 0:
            self.skipTest("this process may not mount a small disk")
        self.addCleanup(os.system, f"umount {disk}")
        self.fail_with("pull", "google/gemma-big", "--cache-dir", str(disk / "hub"),
                       words=["still to download", "free", "--cache-dir"])
        # Room by the count before, and none when the bytes come.
        self.hub.seconds_per_chunk = 0.01
        process = self.start("pull", "google/gemma-big", "--include", "model-00001*", "--cache-dir", str(disk / "hub"))
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not any(
                file.stat().st_size for file in (disk / "hub").rglob("*.incomplete") if file.is_file()):
            time.sleep(0.02)
        (disk / "filler").write_bytes(b"f" * (4 << 20))
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1, errors)
        self.assertIn("No space left on device", errors)
        self.assertIn("make room", errors)
        (disk / "filler").unlink()
        self.succeed("pull", "google/gemma-big", "--include", "model-00001*", "--cache-dir", str(disk / "hub"))
        self.assertTrue(any(entry["range"] for entry in self.hub.requests("store")))

    def test_read_only_cache(self):
        self.cache.write_text("a file in the way")
        self.fail_with("pull", MODEL, words=[str(self.cache), "--cache-dir"])
        self.cache.unlink()
        self.cache.mkdir(mode=0o555)
        options = {}
        if os.geteuid() == 0:  # who may write everywhere: as somebody else
            self.home.parent.chmod(0o755)
            options = {"popen": {"preexec_fn": lambda: os.setuid(65534)}}
            if not self.may_run(options["popen"]):
                self.skipTest("another user may not run the command here")
        self.fail_with("pull", MODEL, words=[str(self.cache), "Permission denied", "--cache-dir"], **options)

    def may_run(self, options):
        try:
            process = self.start("--version", popen=options)
        except OSError:
            return False
        process.communicate()
        return process.returncode == 0


if __name__ == "__main__":
    unittest.main()
