"""huggingface_hub as witness: the server speaks its protocol, and either tool takes what the other left in the cache.

Runs where huggingface_hub can be imported, and says aloud where not.
"""

import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import unittest

from hub_server import GOOD_TOKEN
from support import MODEL, TINY, HubTestCase


@unittest.skipUnless(importlib.util.find_spec("huggingface_hub"), "huggingface_hub is not installed (pip install it)")
class Peer(HubTestCase):
    def peer(self, program, **variables):
        """What a program prints as JSON, in a process of its own: huggingface_hub reads the environment once."""
        code = "import json, huggingface_hub as hub\n" + program
        variables = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
                     **variables}
        done = subprocess.run([sys.executable, "-c", code], env=self.environment(**variables), capture_output=True,
                              text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def scan(self):
        return self.peer("""
found = hub.scan_cache_dir()
print(json.dumps({"warnings": [str(warning) for warning in found.warnings],
    "models": [[repo.repo_id, repo.size_on_disk, repo.nb_files,
                [[revision.commit_hash, sorted(revision.refs)] for revision in repo.revisions]] for repo in found.repos]}))
""")

    def test_server_speaks_the_protocol(self):
        path = pathlib.Path(self.peer(f"print(json.dumps(hub.snapshot_download({MODEL!r})))"))
        self.check_snapshot(path, MODEL, self.hub.repositories[MODEL].files)
        self.assertEqual(self.peer("print(json.dumps(hub.whoami()['name']))", HF_TOKEN=GOOD_TOKEN), "tester")
        files = self.peer(f"print(json.dumps(sorted(hub.list_repo_files({MODEL!r}))))")
        self.assertEqual(files, sorted(self.hub.repositories[MODEL].files))

    def test_server_refuses_as_the_hub_does(self):
        program = """
from huggingface_hub import errors
try:
    hub.hf_hub_download({!r}, "config.json", revision={!r})
except errors.HfHubHTTPError as error:
    print(json.dumps(type(error).__name__))
"""
        for model, revision, name in (("google/gemma-gated", "main", "GatedRepoError"), (MODEL, "v9", "RevisionNotFoundError"),
                                      ("google/none", "main", "RepositoryNotFoundError")):
            self.assertEqual(self.peer(program.format(model, revision)), name)

    def test_scan_accepts_our_cache(self):
        self.succeed("pull", MODEL)
        self.succeed("pull", MODEL, "--revision", "refs/pr/1")
        self.succeed("pull", "google/gemma-big", "--include", "*.json")
        found = self.scan()
        self.assertEqual(found["warnings"], [])
        models = {model[0]: model[1:] for model in found["models"]}
        self.assertEqual(set(models), {MODEL, "google/gemma-big"})
        size, count, revisions = models[MODEL]
        self.assertEqual((size, count), (sum(map(len, TINY.values())), len(TINY)))
        self.assertEqual(revisions, [[self.hub.repositories[MODEL].commit, ["main", "refs/pr/1"]]])
        ours = {model["id"]: model["size_bytes"] for model in json.loads(self.succeed("models", "--all", "--format", "json"))}
        self.assertEqual(ours, {name: entry[0] for name, entry in models.items()})

    def test_peer_finds_what_we_pulled(self):
        path = self.succeed("pull", MODEL).strip()
        before = len(self.hub.log)
        self.assertEqual(self.peer(f"print(json.dumps(hub.snapshot_download({MODEL!r}, local_files_only=True)))"), path)
        self.assertEqual(self.peer(f"print(json.dumps(hub.try_to_load_from_cache({MODEL!r}, 'config.json')))"),
                         f"{path}/config.json")
        self.assertEqual(len(self.hub.log), before)
        # And with the network it receives no blob again.
        stored = len(self.hub.requests("store"))
        self.peer(f"print(json.dumps(hub.hf_hub_download({MODEL!r}, 'tokenizer.json')))")
        self.assertEqual(len(self.hub.requests("store")), stored)

    def test_we_find_what_the_peer_pulled(self):
        path = self.peer(f"print(json.dumps(hub.snapshot_download({MODEL!r})))")
        stored = len(self.hub.requests("store"))
        self.assertEqual(self.succeed("pull", MODEL).strip(), path)
        self.assertEqual(len(self.hub.requests("store")), stored)
        self.assertIn(MODEL, self.succeed("models"))
        self.assertIn('"gemma3_text"', self.succeed("info", MODEL, HF_HUB_OFFLINE="1"))

    def test_what_the_peer_pulled_in_part(self):
        self.peer(f"print(json.dumps(hub.hf_hub_download({MODEL!r}, 'config.json')))")
        self.fail_with("info", MODEL, HF_HUB_OFFLINE="1", words=["missing in the cache", "gemmabench pull"])
        self.succeed("info", MODEL)

    def test_same_places(self):
        """Where the cache and the token are, by every variable that says it."""
        home = str(self.home)
        cases = [{"HF_HOME": None, "HOME": home}, {"HF_HOME": None, "XDG_CACHE_HOME": home}, {"HF_HOME": f"{home}/a"},
                 {"HF_HUB_CACHE": f"{home}/b"}, {"HUGGINGFACE_HUB_CACHE": f"{home}/c"},
                 {"HF_HUB_CACHE": f"{home}/b", "HUGGINGFACE_HUB_CACHE": f"{home}/c"}, {"HF_HOME": "~/d", "HOME": home}]
        for case in cases:
            theirs = self.peer("from huggingface_hub import constants\nprint(json.dumps([constants.HF_HUB_CACHE, "
                               "constants.HF_TOKEN_PATH]))", **self.without(case))
            _, _, errors = self.run_command("auth", **self.without(case))
            self.assertIn(theirs[1] + " does not exist;", errors, case)
            output = self.succeed("pull", MODEL, **self.without(case))
            self.assertTrue(output.startswith(theirs[0] + "/models--"), f"{case}: {output} {theirs}")

    def environment(self, **variables):
        absent = variables.pop("absent", ())
        return {name: value for name, value in super().environment(**variables).items() if name not in absent}

    def without(self, case):
        return {**{name: value for name, value in case.items() if value is not None},
                "absent": [name for name, value in case.items() if value is None]}


if __name__ == "__main__":
    unittest.main()
