"""follow_readme.py PREFIX: does what README.md says, word by word, as a newcomer would: a copy of the sources, an empty home, no
variables but those that the README sets. PREFIX is an installation; its files stand in for what `make install` would build.

The blocks of the README are shell, Lua or Python by their first words. What it calls models/... are the small models of the
tests, and a folder with their data stands in for the Hub.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODELS = {"gemma-3-1b-it": "pocket-1m", "gemma-3-270m": "pocket-1m", "gemma-3-1b": "pocket-6m"}
PARTS = ["README.md", "LICENSE", "Makefile", "bindings", "include", "scripts", "tools", "docs"]


def blocks(page):
    """The indented blocks of a page that are code, as (language, text)."""
    found = []
    for block in re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", page, re.M):
        text = re.sub(r"^    ", "", block, flags=re.M)
        first = text.split()[0]
        if first in ("local", "require"):
            found.append(("lua", text))
        elif first in ("import", "from", "with"):
            found.append(("python", text))
        elif first in ("make", "gemmabench", "gcc", "export", ".", "./run_mmlu"):
            found.append(("shell", text))
    return found


def program(page, prefix):
    """A shell script of everything that the README says to type."""
    lines = ["set -e"]
    for number, (language, text) in enumerate(blocks(page)):
        lines.append(f"echo '--- block {number}, {language}'")
        if language == "lua":
            lines += ["cat > sweep.lua <<'END'", text + "END", "gemmabench script sweep.lua", "lua5.4 sweep.lua"]
        elif language == "python":
            lines += ["cat > example.py <<'END'", text + "END", "python3 example.py"]
        else:
            for line in text.splitlines():
                line = re.sub(r"\s+#.*", "", line)
                # What is built already is not built again.
                line = re.sub(r"^make demo$", f'"{prefix}/bin/gemmabench" script scripts/demo.lua --limit 2', line)
                line = re.sub(r"^make install PREFIX=(\S+)$", r'"$INSTALL" "\1"', line)
                if line.strip() and line.strip() != "make test":
                    lines.append(line)
    lines += ["echo '--- init'", "mkdir elsewhere", "cd elsewhere", "gemmabench init",
              "gemmabench run config.yaml --limit 1 --runs 1", "test -f results/config/report.html"]
    return "\n".join(lines) + "\n"


def main():
    prefix = pathlib.Path(sys.argv[1]).resolve()
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    found = [language for language, _ in blocks(page)]
    if not {"shell", "lua", "python"} <= set(found):
        sys.exit(f"README.md: blocks of {sorted(set(found))} only")
    with tempfile.TemporaryDirectory(prefix="gemmabench-readme-") as name:
        folder = pathlib.Path(name)
        home, clone, built = folder / "home", folder / "clone", folder / "built"
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            (clone / part).parent.mkdir(parents=True, exist_ok=True)
            copy(ROOT / part, clone / part)
        built.mkdir()
        shutil.copy(prefix / "bin/gemmabench", built / "gemmabench-cli")
        shutil.copy(prefix / "lib/libgemmabench.so", built / "libgemmabench.so")
        install = folder / "install"
        install.write_text(f'#!/bin/sh\nexec scripts/install.sh "$1" "{built}"\n')
        install.chmod(0o755)
        (clone / "models").mkdir()
        for model, small in MODELS.items():
            (clone / "models" / model).symlink_to(clone / "scripts/pocket/models" / small)
        home.mkdir()
        (home / "data").symlink_to(ROOT / "Tests/Goldens/tasks/data")
        environment = {"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin", "INSTALL": str(install),
                       "GEMMABENCH_DATA": str(home / "data")}
        python = os.path.dirname(os.path.realpath(sys.executable))
        if shutil.which("python3", path=environment["PATH"]) is None:
            environment["PATH"] += f":{python}"
        done = subprocess.run(["bash", "-c", program(page, prefix)], cwd=clone, env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=800)
        print(done.stdout[-6000:])
        if done.returncode != 0:
            sys.exit(f"README.md, followed word by word, fails with status {done.returncode}")
        for path in ("results/demo/report.html", "results/report.html", "results/two-sizes/report.html"):
            if not (clone / path).is_file():
                sys.exit(f"README.md, followed word by word, leaves no {path}")
        print(f"README: {len(found)} blocks followed")


main()
