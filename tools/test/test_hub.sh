#!/usr/bin/env bash
# test_hub.sh PREFIX: tests the installed command and library against a Hub on the loopback interface (Tests/Fronts/Hub).
# huggingface_hub is a witness: where $PYTHON (python3) cannot import it, it is installed into .build-venv with pip; where
# that fails too, those tests say that they did not run.
set -euo pipefail
cd "$(dirname "$0")/../.."
prefix=${1:?usage: test_hub.sh PREFIX}
shift
python=${PYTHON:-python3}
witness=$(grep '^huggingface_hub==' tools/goldens/requirements.txt)

has_witness() { "$1" -c 'import huggingface_hub' 2>/dev/null; }

# Makes the folder anew where it holds no working witness: a half-made one is of no use.
make_venv() {
  rm -rf .build-venv
  "$python" -m venv .build-venv && .build-venv/bin/python -m pip install --quiet --disable-pip-version-check "$witness"
}

if ! has_witness "$python"; then
  if ! has_witness .build-venv/bin/python; then
    echo "Installing $witness into .build-venv, for the tests alone"
    make_venv 2>&1 | tail -n 5 || true
  fi
  if has_witness .build-venv/bin/python; then
    python=.build-venv/bin/python
  else
    echo "NOT RUN: the tests with $witness as witness: it cannot be installed (see above)"
  fi
fi
env PYTHONDONTWRITEBYTECODE=1 GEMMABENCH_COMMAND="$prefix/bin/gemmabench" \
  GEMMABENCH_LIBRARY="$prefix/lib/libgemmabench.so" "$python" Tests/Fronts/Hub "$@"
