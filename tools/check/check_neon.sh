#!/usr/bin/env bash
# check_neon.sh: the kernels compile for aarch64, and compute the bits of their reference implementation there and here.
#
# Tests/Units/Kernels is built with Sources/CKernels twice: for this machine, and for aarch64, whose program runs in qemu,
# with dot products and without. All print the same digest. On an aarch64 machine the native run is all there is.
# CLANG names another compiler than the one beside `swift`, with which the package is built. Exit status: 1 a difference,
# 2 something is not installed; what can be checked without it has been.
set -euo pipefail
cd "$(dirname "$0")/../.."
clang=${CLANG:-$(dirname "$(readlink -f "$(command -v swift || echo /swift)")")/clang}
[ -x "$clang" ] || clang=$(command -v "$clang" || command -v clang || echo clang)
cross=/usr/aarch64-linux-gnu # where Debian's libc6-dev-arm64-cross lies
emulator=$(command -v qemu-aarch64 || command -v qemu-aarch64-static || true)

if [ -z "$(command -v "$clang")" ]; then
  echo "Not checked: there is no $clang; put the Swift toolchain on the PATH or set CLANG" >&2
  exit 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# As in Package.swift.
flags=(-O3 -fvisibility=hidden -ffp-contract=off -Wall -Wextra -ISources/CKernels/include -ISources/CKernels)

# build NAME FLAGS...: every source of the kernels and of the test to $work/NAME.
build() {
  local name=$1 source
  shift
  mkdir -p "$work/$name.objects"
  for source in Sources/CKernels/*.c Sources/CKernels/*/*.c Tests/Units/Kernels/*.c; do
    "$clang" "$@" "${flags[@]}" -c "$source" -o "$work/$name.objects/$(basename "$source" .c).o"
  done
}

# check NAME COMMAND...: runs the test and keeps its digest.
digests=()
check() {
  echo "== $1"
  shift
  "$@" | tee "$work/output" || exit 1
  digests+=("$(grep '^digest' "$work/output")")
}

build native
"$clang" "$work"/native.objects/*.o -lm -lpthread -o "$work/native"
check "$(uname -m), native" "$work/native"

missing=()
if [ "$(uname -m)" != aarch64 ]; then
  [ -n "$emulator" ] || missing+=("qemu-aarch64: apt install qemu-user (or qemu-user-static)")
  [ -e $cross/include/stdio.h ] || missing+=("$cross/include: apt install libc6-dev-arm64-cross")
  if [ ! -x "$("$clang" -print-prog-name=ld.lld)" ]; then
    missing+=("ld.lld, a linker for aarch64: part of the Swift toolchain, or apt install lld")
  fi
fi
if [ ${#missing[@]} -gt 0 ]; then
  echo "aarch64: not checked, for this is missing:" >&2
  printf '  %s\n' "${missing[@]}" >&2
  exit 2
fi

if [ "$(uname -m)" != aarch64 ]; then
  # Linked by hand: the C library's start files are enough, and no compiler's own library is needed. Atomic operations
  # that are called instead of inlined would be in one.
  build cross --target=aarch64-linux-gnu -isystem $cross/include -mno-outline-atomics
  "$clang" --target=aarch64-linux-gnu -nostdlib -fuse-ld=lld -no-pie -Wl,--dynamic-linker=/lib/ld-linux-aarch64.so.1 \
    $cross/lib/crt1.o $cross/lib/crti.o "$work"/cross.objects/*.o -L$cross/lib -lm -lpthread -lc $cross/lib/crtn.o \
    -o "$work/cross"
  check "aarch64 with dot products, in qemu" "$emulator" -L $cross -cpu max "$work/cross"
  check "aarch64 without, in qemu" "$emulator" -L $cross -cpu cortex-a72 "$work/cross"
fi

if [ "$(printf '%s\n' "${digests[@]}" | sort -u | wc -l)" -ne 1 ]; then
  echo "The digests differ: one machine computes other bits" >&2
  exit 1
fi
