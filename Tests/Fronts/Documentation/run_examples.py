"""run_examples.py PAGE COMMAND...: runs the code blocks of a page of docs/ as one program, in a folder where models lie.

The command says which blocks: of Python, of a shell (sh), of C (compile_and_run.sh), or else of Lua.

What is not code becomes an empty line, so that an error names the line of the page. The models that the page speaks of are
the small ones of the repository.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
MODELS = {"gemma-3-1b-it": "pocket-1m", "gemma-3-4b-it": "pocket-6m"}


def program(page, language):
    """The page with everything but its code blocks of a language left blank."""
    lines, inside = [], False
    for line in page.splitlines():
        if inside and line.startswith("```"):
            inside = False
        elif re.fullmatch(rf"```{language}", line):
            inside = True
            lines.append("")
            continue
        lines.append(line if inside else "")
    return "\n".join(lines) + "\n"


page, command = pathlib.Path(sys.argv[1]), sys.argv[2:]
LANGUAGES = {"python": "python", "sh": "shell", "compile_and_run": "c"}
language = next((name for word, name in LANGUAGES.items() if os.path.basename(command[0]).startswith(word)), "lua")
text = program(page.read_text(), language)
if not text.strip():
    sys.exit(f"{page}: no block of {language}")
with tempfile.TemporaryDirectory() as folder:
    os.makedirs(f"{folder}/models")
    for name, small in MODELS.items():
        os.symlink(REPOSITORY / "scripts/pocket/models" / small, f"{folder}/models/{name}")
    # Copied: a script in the sandbox reads nothing outside its folder, links to it included.
    shutil.copytree(REPOSITORY / "scripts", f"{folder}/scripts")
    source = pathlib.Path(folder) / (page.name + (".c" if language == "c" else ""))
    source.write_text(text)
    result = subprocess.run([*command, source.name], cwd=folder, stdin=subprocess.DEVNULL, check=False)
print(f"{page.name}: {'passed' if result.returncode == 0 else 'FAILED'}")
sys.exit(result.returncode)
