#!/usr/bin/env python3
"""Writes Tests/Goldens/datasets/cards.jsonl: which files the package `datasets` takes for the splits of repositories.

    python3 tools/goldens/make_data_set_goldens.py > Tests/Goldens/datasets/cards.jsonl

Each line has the paths of a repository, its README.md, and for each configuration the splits with their files, or an error.
Needs `datasets` (5.2.0); nothing is downloaded.
"""

import json
import pathlib
import random
import sys
import tempfile

import yaml
from datasets.data_files import DataFilesDict, get_data_patterns, sanitize_patterns
from datasets.utils.metadata import MetadataConfigs

SHARDS = [f"data/{split}-0000{index}-of-00002{hash_}.parquet"
          for split, hash_ in (("train", "-0123abcdef"), ("test", ""), ("extra", "")) for index in range(2)]
REPOSITORIES = [
    (SHARDS + ["README.md", ".gitattributes"], None),
    (["train.csv", "test.csv", "dev.csv", "notes.txt"], None),
    (["data.jsonl", "README.md", "dataset_info.json"], None),
    (["train/a.json", "train/b.json", "validation/a.json", "other/c.json"], None),
    (["en/my-train.json", "en/my_test_1.json", "my.eval.json", "constraint.json"], None),
    (["train-train-0.csv", "training.csv", "_valid.csv", ".hidden/train.csv", "__cache__/test.csv"], None),
    (["main/train-00000-of-00001.parquet", "main/test-00000-of-00001.parquet", "socratic/train-00000-of-00001.parquet"],
     [{"config_name": "main", "data_files": [{"split": "train", "path": "main/train-*"},
                                             {"split": "test", "path": "main/test-*"}]},
      {"config_name": "socratic", "data_dir": "socratic", "default": True}]),
    (["a/x.csv", "a/b/y.csv", "a/b/c/z.csv", "a/.h/q.csv", "w.csv"],
     [{"config_name": "all", "data_files": "**/*.csv"}, {"config_name": "two", "data_files": "a/*/*.csv"},
      {"config_name": "deep", "data_files": "a/**"}, {"config_name": "set", "data_files": ["[w-z].csv", "a/[!a].csv"]},
      {"config_name": "hidden", "data_files": "a/.h/*"}, {"config_name": "one", "data_files": "a/b/?.csv"},
      {"config_name": "plain", "data_files": ["a/x.csv", "w.csv", "a/x.csv"]},
      {"config_name": "none", "data_files": "*.parquet"}, {"config_name": "missing", "data_files": "v.csv"},
      {"config_name": "folder", "data_dir": "a/b"}, {"config_name": "folder files", "data_dir": "a", "data_files": "b/*"}]),
    (["README.md", "a/README.md", "dev/README.md", "x.csv"],
     [{"config_name": "card", "data_files": "a/README.md"}, {"config_name": "stars", "data_files": "*"}]),
    (["t.csv"], [{"config_name": "a", "data_files": [{"split": "train", "path": "t.csv"}, {"split": "train", "path": "t.csv"}]}]),
    (["t.csv"], [{"config_name": "a", "data_files": {"train": "t.csv"}}]),
    (["t.csv"], [{"data_files": "t.csv"}]),
    (["t.csv"], []),
]


def random_repositories(count, seed):
    random_ = random.Random(seed)
    words = ["train", "test", "validation", "dev", "val", "eval", "data", "en", "x", "0", "training_set", "pretrain", "my-test"]
    for _ in range(count):
        paths = set()
        for _ in range(random_.randint(1, 6)):
            folders = [random_.choice(words) for _ in range(random_.randint(0, 2))]
            name = random_.choice(["", ".", "_"] + [""] * 6) + random_.choice(words) + random_.choice(["", "-1", "_a", ".b"]) + ".json"
            paths.add("/".join(folders + [name]))
        paths = {path for path in paths if not any(other.startswith(path + "/") for other in paths)}
        yield sorted(paths), None


def record(paths, configs):
    text = None
    if configs is not None:
        text = "---\n" + yaml.safe_dump({"license": "mit", "configs": configs}, sort_keys=False) + "---\n# Title\n"
    entry = {"paths": sorted(paths), "readme": text}
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            file = pathlib.Path(folder) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("x")
        try:
            known = MetadataConfigs.from_dataset_card_data({"configs": configs}) if configs else {"default": {}}
        except ValueError:
            return entry | {"error": True}
        results = {}
        for name, config in known.items():
            base = folder + ("/" + config["data_dir"] if config.get("data_dir") else "")
            try:
                files = config.get("data_files")
                patterns = sanitize_patterns(files) if files is not None else get_data_patterns(base)
                found = DataFilesDict.from_patterns(patterns, base_path=base)
                results[name] = {str(split): [str(pathlib.Path(path).relative_to(folder)) for path in paths]
                                 for split, paths in found.items()}
            except (ValueError, FileNotFoundError):
                results[name] = None
        return entry | {"splits": results}


def main():
    repositories = REPOSITORIES + list(random_repositories(150, 4))
    for paths, configs in repositories:
        print(json.dumps(record(paths, configs), ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
