#!/usr/bin/env bash
# The header compiles on its own, strictly, as C99, C11 and C++.
set -euo pipefail
cd "$(dirname "$0")/../.."
flags=(-pedantic -Wall -Wextra -Werror -fsyntax-only -Iinclude)
for standard in c99 c11; do
  echo '#include "gemmabench.h"' | gcc -std=$standard "${flags[@]}" -Wstrict-prototypes -x c -
done
cplusplus=$(command -v g++ || command -v clang++ || true) # Swift toolchains bring clang++
if [ -n "$cplusplus" ]; then
  echo '#include "gemmabench.h"' | "$cplusplus" -std=c++11 "${flags[@]}" -x c++ -
fi
echo "Header: strict C99, C11${cplusplus:+, C++11}"
