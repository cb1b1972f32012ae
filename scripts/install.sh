#!/usr/bin/env bash
# install.sh PREFIX BUILD_FOLDER   puts the command, the library and what belongs to them under PREFIX
# install.sh --remove PREFIX       takes them away again
# DESTDIR, if set, goes in front of PREFIX on disk and not in the files' contents.
set -euo pipefail
cd "$(dirname "$0")/.."

number() { awk -v name="GB_VERSION_$1" '$1 == "#define" && $2 == name { print $3 }' include/gemmabench.h; }
major=$(number MAJOR)
version="$major.$(number MINOR).$(number PATCH)"

absolute() { case "$1" in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }

remove=no
if [ "${1:-}" = "--remove" ]; then
  remove=yes
  shift
fi
prefix=$(absolute "${1:?usage: install.sh [--remove] PREFIX [BUILD_FOLDER]}")
root="${DESTDIR:-}$prefix"

if [ "$remove" = yes ]; then
  rm -f "$root/bin/gemmabench" "$root/include/gemmabench.h" "$root/lib/pkgconfig/gemmabench.pc" \
    "$root/lib/lua/5.4/gemmabench.so" "$root/lib/libgemmabench.so" "$root/lib/libgemmabench.so.$major" \
    "$root/lib/libgemmabench.so.$version"
  rm -rf "$root/share/gemmabench"
  echo "Removed gemmabench from $prefix"
  exit 0
fi

build=${2:?usage: install.sh PREFIX BUILD_FOLDER}
install -d "$root/bin" "$root/lib/pkgconfig" "$root/lib/lua/5.4" "$root/include" \
  "$root/share/gemmabench/python/gemmabench"

install -m 755 "$build/gemmabench-cli" "$root/bin/gemmabench"
install -m 755 "$build/libgemmabench.so" "$root/lib/libgemmabench.so.$version"
strip --strip-unneeded "$root/bin/gemmabench" "$root/lib/libgemmabench.so.$version"
ln -sf "libgemmabench.so.$version" "$root/lib/libgemmabench.so.$major"
ln -sf "libgemmabench.so.$major" "$root/lib/libgemmabench.so"
# require "gemmabench" in a stock lua5.4 whose LUA_CPATH has PREFIX/lib/lua/5.4/?.so
ln -sf ../../libgemmabench.so "$root/lib/lua/5.4/gemmabench.so"

install -m 644 include/gemmabench.h "$root/include/gemmabench.h"
fill() { sed -e "s|@PREFIX@|$prefix|g" -e "s|@VERSION@|$version|g" "$1" > "$2"; }
fill tools/build/gemmabench.pc.in "$root/lib/pkgconfig/gemmabench.pc"
fill tools/build/environment.sh.in "$root/share/gemmabench/environment.sh"
install -m 644 bindings/python/gemmabench/*.py "$root/share/gemmabench/python/gemmabench/"

install -m 644 LICENSE scripts/*.lua "$root/share/gemmabench/"
for part in models data; do
  if [ -d "scripts/pocket/$part" ]; then
    install -d "$root/share/gemmabench/pocket"
    rm -rf "$root/share/gemmabench/pocket/$part"
    cp -r "scripts/pocket/$part" "$root/share/gemmabench/pocket/$part"
  fi
done
echo "Installed gemmabench $version under $prefix; in each shell: . $prefix/share/gemmabench/environment.sh"
