#!/usr/bin/env bash
# Installs what the build needs and the machine lacks, and says what before it does so. Nothing missing: no output.
# With --tests also what only the tests need.
set -euo pipefail

packages=(libopenblas-dev libyaml-dev liblua5.4-dev libsqlite3-dev libpango1.0-dev libfontconfig-dev fonts-dejavu-core libcurl4-openssl-dev libpcre2-dev libsnappy-dev zlib1g-dev libzstd-dev pkg-config)
commands=()
if [ "${1:-}" = "--tests" ]; then
  packages+=(lua5.4 chromium fonts-dejavu-core)
  commands=(python3 gcc) # however they were installed
  # The kernels for aarch64 run in an emulator.
  if [ "$(uname -m)" = x86_64 ]; then packages+=(qemu-user libc6-dev-arm64-cross); fi
fi

if ! command -v swift >/dev/null; then
  echo "gemmabench needs Swift 6.2 or later, and there is no 'swift' on the PATH." >&2
  echo "Get it from https://www.swift.org/install/linux/ and add its usr/bin to the PATH." >&2
  exit 1
fi

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = "installed" ]; }

if ! command -v apt-get >/dev/null; then
  echo "There is no apt-get here, so these packages are not checked: ${packages[*]}" >&2
  echo "The build goes on; if it misses one, install it with the system's own package manager." >&2
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  # pkgconf provides pkg-config on newer systems.
  if [ "$package" = pkg-config ] && command -v pkg-config >/dev/null; then continue; fi
  is_installed "$package" || missing+=("$package")
done
for name in "${commands[@]}"; do
  command -v "$name" >/dev/null || missing+=("$name")
done
# Debian's python3 makes no virtual environment without a package of its own.
if [ "${1:-}" = "--tests" ] && command -v python3 >/dev/null && ! python3 -c 'import ensurepip' 2>/dev/null; then
  missing+=(python3-venv)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

echo "Installing with apt, as they are missing: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "There is no sudo; as root, run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update -qq </dev/null
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null
