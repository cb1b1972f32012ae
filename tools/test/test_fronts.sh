#!/usr/bin/env bash
# Tests the kernels by themselves, then installs the built library into a temporary folder and drives it from C, Lua
# (embedded and stock) and Python.
# Fronts end with a line "NAME: N passed, N failed". GEMMABENCH_TEST_PREFIX tests an installation that is there.
set -uo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
chmod 755 "$work" # some tests run the command as another user
trap 'rm -rf "$work"' EXIT
prefix=${GEMMABENCH_TEST_PREFIX:-$work/prefix}
if [ -z "${GEMMABENCH_TEST_PREFIX:-}" ]; then
  scripts/install.sh "$prefix" .build-dist/release || exit 1
fi
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
# The fronts are tested on what the repository holds, whatever GEMMABENCH_DATA the person has.
export GEMMABENCH_TEST_MODEL="$PWD/Tests/Goldens/tiny" GEMMABENCH_DATA="$PWD/Tests/Goldens/tasks/data"
# Nothing of the person's comes in, and nothing of the tests stays there.
export GEMMABENCH_CACHE="$work/cache"
failures=0

# fail NAME: counts a failure and keeps the output for the end, where whoever reads only that finds it.
fail() {
  failures=$((failures + 1))
  { echo "$1: FAILED"; tail -n 60 "$work/output" | sed "s|^|$1: |"; } >>"$work/failures"
}

# run NAME COMMAND...: shows the output; a front fails if its command does.
run() {
  local name=$1 status=0
  shift
  timeout 900 "$@" >"$work/output" 2>&1 </dev/null || status=$?
  tail -n 40 "$work/output" | sed "s|^|$name: |"
  if [ "$status" -ne 0 ]; then
    echo "$name: FAILED with status $status"
    fail "$name, status $status"
  fi
}

strict="-std=c99 -pedantic -Wall -Wextra -Werror -O1 -g"
build_c() { # build_c SOURCE OUTPUT
  # shellcheck disable=SC2046,SC2086
  gcc $strict "$1" -o "$2" $(pkg-config --cflags --libs gemmabench) -Wl,-rpath,"$prefix/lib" -pthread 2>&1 | tee "$work/output"
  return "${PIPESTATUS[0]}"
}

# Where the system has no such packages (see install_dependencies.sh), the kernels for aarch64 are not checked.
kernels() {
  local status=0
  tools/check/check_neon.sh || status=$?
  if [ "$status" -eq 2 ] && ! command -v apt-get >/dev/null; then return 0; fi
  return "$status"
}
export -f kernels
run "Kernels" bash -c kernels

for source in Tests/Fronts/CAPI/*_test.c; do
  name=$(basename "$source" .c)
  if build_c "$source" "$work/$name"; then run "C $name" "$work/$name"; else fail "C $name, build"; fi
done
if build_c bindings/c/examples/run_mmlu.c "$work/run_mmlu"; then
  run "C run_mmlu" "$work/run_mmlu" "$GEMMABENCH_TEST_MODEL" abstract_algebra 2
else
  fail "C run_mmlu, build"
fi

for script in Tests/Fronts/Lua/*_test.lua; do
  export GEMMABENCH_TEST_OUTPUT="$work/output-embedded"
  run "Lua embedded $(basename "$script" .lua)" "$prefix/bin/gemmabench" script "$script"
done
for name in module_test own_task_test; do
  run "Lua stock $name" env GEMMABENCH_TEST_OUTPUT="$work/output-stock" LUA_CPATH="$prefix/lib/lua/5.4/?.so" lua5.4 "Tests/Fronts/Lua/$name.lua"
done

# Every script that people start from, on the small models; and the examples of the documentation.
for script in scripts/*.lua; do
  name=$(basename "$script" .lua)
  run "Script $name" "$prefix/bin/gemmabench" script --quiet "$script" --limit 2 --out "$work/results/$name"
done
run "Documentation README" python3 Tests/Fronts/Documentation/follow_readme.py "$prefix"
run "Documentation lua-api" python3 Tests/Fronts/Documentation/run_examples.py docs/lua-api.md "$prefix/bin/gemmabench" script --quiet
run "Documentation lua-api, stock" env LUA_CPATH="$prefix/lib/lua/5.4/?.so" \
  python3 Tests/Fronts/Documentation/run_examples.py docs/lua-api.md lua5.4
run "Documentation python-api" env PYTHONPATH="$PWD/bindings/python" PYTHONDONTWRITEBYTECODE=1 \
  GEMMABENCH_LIBRARY="$prefix/lib/libgemmabench.so" python3 Tests/Fronts/Documentation/run_examples.py docs/python-api.md python3

# A tutorial for each front, run as it stands.
tutorials=docs/tutorials
run "Tutorial command" env PATH="$prefix/bin:$PATH" python3 Tests/Fronts/Documentation/run_examples.py $tutorials/command.md sh -eu
run "Tutorial lua" python3 Tests/Fronts/Documentation/run_examples.py $tutorials/lua.md "$prefix/bin/gemmabench" script --quiet
run "Tutorial python" env PYTHONPATH="$PWD/bindings/python" PYTHONDONTWRITEBYTECODE=1 \
  GEMMABENCH_LIBRARY="$prefix/lib/libgemmabench.so" python3 Tests/Fronts/Documentation/run_examples.py $tutorials/python.md python3
run "Tutorial c" python3 Tests/Fronts/Documentation/run_examples.py $tutorials/c.md "$PWD/Tests/Fronts/Documentation/compile_and_run.sh"

run "Python" env PYTHONPATH=bindings/python PYTHONDONTWRITEBYTECODE=1 \
  GEMMABENCH_LIBRARY="$prefix/lib/libgemmabench.so" python3 bindings/python/tests

run "Workflow" env PYTHONDONTWRITEBYTECODE=1 GEMMABENCH_COMMAND="$prefix/bin/gemmabench" python3 Tests/Fronts/Workflow
run "Statistics" env PYTHONPATH=bindings/python PYTHONDONTWRITEBYTECODE=1 GEMMABENCH_COMMAND="$prefix/bin/gemmabench" \
  GEMMABENCH_LIBRARY="$prefix/lib/libgemmabench.so" python3 Tests/Fronts/Statistics
run "Store" env PYTHONDONTWRITEBYTECODE=1 GEMMABENCH_COMMAND="$prefix/bin/gemmabench" python3 Tests/Fronts/Store
run "FirstDay" env PYTHONDONTWRITEBYTECODE=1 GEMMABENCH_COMMAND="$prefix/bin/gemmabench" python3 Tests/Fronts/FirstDay
run "Hub" tools/test/test_hub.sh "$prefix"
run "Browser" env PYTHONDONTWRITEBYTECODE=1 python3 Tests/Fronts/Browser/test_report.py "$prefix/bin/gemmabench"

# The same numbers, to the last bit, whichever front asks.
agreement() {
  local command=("$prefix/bin/gemmabench" run "$GEMMABENCH_TEST_MODEL" mmlu --subset mathematics --shots 2 --quiet)
  local python=(env PYTHONPATH=bindings/python PYTHONDONTWRITEBYTECODE=1
    GEMMABENCH_LIBRARY="$prefix/lib/libgemmabench.so" python3 Tests/Fronts/Agreement/agreement.py)
  build_c Tests/Fronts/Agreement/agreement.c "$work/agreement" || return 1
  "$work/agreement" "$GEMMABENCH_TEST_MODEL" >"$work/c.txt" || return 1
  "$prefix/bin/gemmabench" script --quiet Tests/Fronts/Agreement/agreement.lua >"$work/lua.txt" || return 1
  LUA_CPATH="$prefix/lib/lua/5.4/?.so" lua5.4 Tests/Fronts/Agreement/agreement.lua >"$work/stock-lua.txt" || return 1
  "${python[@]}" >"$work/python.txt" || return 1
  "${command[@]}" --format json >"$work/report.json" && "${command[@]}" --format samples >"$work/samples.jsonl" || return 1
  "${python[@]}" --command "$work/report.json" "$work/samples.jsonl" >"$work/command.txt" || return 1
  local front
  for front in lua stock-lua python command; do
    if ! diff "$work/c.txt" "$work/$front.txt"; then echo "$front and C disagree"; return 1; fi
  done
  echo "Agreement: C, Lua, stock Lua, Python and the command print the same $(wc -l <"$work/c.txt") lines"
}
if ! agreement >"$work/agreement.log" 2>&1; then
  cp "$work/agreement.log" "$work/output"
  fail Agreement
fi
cat "$work/agreement.log"

if [ "$failures" -gt 0 ]; then
  cat "$work/failures"
  echo "Fronts: $failures failed"
  exit 1
fi
echo "Fronts: all passed"
