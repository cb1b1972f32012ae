#!/usr/bin/env bash
# test_hub.sh PREFIX: tests the installed command and library against a Hub on the loopback interface (Tests/Hub).
# With huggingface_hub importable by $PYTHON (python3), also against that; without it, says that those did not run.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=${1:?usage: test_hub.sh PREFIX}
shift
env PYTHONDONTWRITEBYTECODE=1 GEMMABENCH_COMMAND="$prefix/bin/gemmabench" \
  GEMMABENCH_LIBRARY="$prefix/lib/libgemmabench.so" "${PYTHON:-python3}" Tests/Hub "$@"
