#!/bin/sh
# compile_and_run.sh SOURCE.c: compiles a program against the installed library, and runs it.
set -eu
# shellcheck disable=SC2046
gcc -std=c99 -pedantic -Wall -Wextra -Werror "$1" -o "$1.program" $(pkg-config --cflags --libs gemmabench) \
  -Wl,-rpath,"$(pkg-config --variable=libdir gemmabench)"
exec "./$1.program"
