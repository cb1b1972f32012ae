#!/usr/bin/env bash
# check_library.sh LIBRARY: exports exactly the header's functions, has its SONAME, needs no Swift runtime, stays small.
set -euo pipefail
cd "$(dirname "$0")/../.."
library=${1:?usage: check_library.sh LIBRARY}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Comments are dropped first, since they name functions too.
sed -e ':a;s|/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/||g;/\/\*/{N;ba}' include/gemmabench.h |
  grep -oE '\b(gb_[a-z_]+|luaopen_gemmabench)\(' | tr -d '(' | sort -u > "$work/declared"
nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u > "$work/exported"
if ! diff "$work/declared" "$work/exported" > "$work/difference"; then
  echo "The header declares (<) what the library does not export, or the other way round (>):" >&2
  grep '^[<>]' "$work/difference" >&2
  exit 1
fi

readelf -d "$library" > "$work/dynamic"
if ! grep -q 'SONAME.*\[libgemmabench\.so\.0\]' "$work/dynamic"; then
  echo "The SONAME of $library is not libgemmabench.so.0" >&2
  exit 1
fi
if grep 'NEEDED' "$work/dynamic" | grep -iE 'swift|foundation|dispatch|icu'; then
  echo "$library needs Swift's runtime libraries; build it with make build" >&2
  exit 1
fi
# The Hub is reached through the system's libcurl, whichever TLS library it was built with.
if ! grep -q 'NEEDED.*\[libcurl' "$work/dynamic"; then
  echo "$library does not name libcurl among what it needs" >&2
  exit 1
fi

strip --strip-unneeded -o "$work/stripped" "$library"
size=$(stat -c %s "$work/stripped")
if [ "$size" -ge 16000000 ]; then
  echo "$library weighs $size bytes stripped; the limit is 16 MB. Does something import Foundation?" >&2
  exit 1
fi
echo "Library: $(wc -l < "$work/exported") exports as declared, $((size / 1000)) kB stripped, no Swift runtime needed"
