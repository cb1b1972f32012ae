#!/bin/sh
# note_commit.sh REPOSITORY FOLDER   writes FOLDER/NotedCommit.swift, which names the commit that is built.
# The name is empty where there is none: in an archive, without git. It ends in "-modified" where sources that git knows were
# changed. The file is touched only when it changes, so that nothing is built anew without need.
set -u
commit=
# A folder inside somebody else's repository is no clone of this one.
if [ "$(git -C "$1" rev-parse --show-prefix 2>/dev/null || echo none)" = "" ]; then
  commit=$(git -C "$1" rev-parse --verify --quiet HEAD 2>/dev/null) || commit=
fi
if [ -n "$commit" ] && [ -n "$(git -C "$1" --no-optional-locks status --porcelain --untracked-files=no -- \
  Sources include Package.swift 2>/dev/null)" ]; then
  commit="$commit-modified"
fi
line="let notedCommit = \"$commit\""
file="$2/NotedCommit.swift"
if [ ! -f "$file" ] || [ "$(cat "$file")" != "$line" ]; then
  printf '%s\n' "$line" >"$file"
fi
