#!/usr/bin/env python3
"""Writes Sources/CatalogueFiles/catalogue_files.c, which embeds every file of Sources/CatalogueFiles/tasks; with --check, says
whether it does.

    tools/generate/make_catalogue_files.py [--check]
"""

from __future__ import annotations

import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Sources/CatalogueFiles"
OUTPUT = FOLDER / "catalogue_files.c"

HEAD = """/* Made by tools/generate/make_catalogue_files.py of the files in tasks/ and of published.tsv and protocols.tsv; do not edit. */
#include "catalogue_files.h"

"""


def embedded(name: str, path: str) -> str:
    return f"static const unsigned char {name}[] = {{\n#embed \"{path}\"\n}};\n"


def page() -> str:
    names = sorted(path.stem for path in (FOLDER / "tasks").glob("*.yaml"))
    text = HEAD + "".join(embedded(name, f"tasks/{name}.yaml") for name in names)
    text += "\nstatic const gbc_file files[] = {\n"
    text += "".join(f'    {{"{name}.yaml", {name}, sizeof {name}}},\n' for name in names) + "};\n"
    return text


TAIL = """
static const char published[] = {
#embed "published.tsv"
    , 0};

static const char protocols[] = {
#embed "protocols.tsv"
    , 0};

const char *gbc_published(void) { return published; }
const char *gbc_protocols(void) { return protocols; }

const gbc_file *gbc_files(size_t *count) {
  *count = sizeof files / sizeof files[0];
  return files;
}
"""


def main() -> None:
    text = page() + TAIL
    if sys.argv[1:] != ["--check"]:
        OUTPUT.write_text(text, encoding="utf-8")
    elif OUTPUT.read_text(encoding="utf-8") != text:
        sys.exit("Sources/CatalogueFiles/catalogue_files.c does not embed what tasks/ has; run tools/generate/make_catalogue_files.py")
    else:
        print(f"Catalogue: {text.count('tasks/') - HEAD.count('tasks/')} files embedded")


if __name__ == "__main__":
    main()
