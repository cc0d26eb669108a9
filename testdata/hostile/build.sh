#!/bin/sh
# build.sh builds the .wasm files of this folder: from text with wat2wasm, from C
# with clang, from AssemblyScript with asc. With --check it compares them with the
# committed files instead, and prints "not compared" for a language without tools.
set -eu
cd "$(dirname "$0")"
features='--enable-exceptions --enable-threads --enable-tail-call --enable-memory64 --enable-multi-memory'
out=.
if [ "${1:-}" = --check ]; then
  out=$(mktemp -d)
  trap 'rm -rf "$out"' EXIT
fi

if [ "$(wat2wasm --version 2>/dev/null)" = 1.0.32 ]; then
  for text in *.wat; do
    wat2wasm $features --debug-names -o "$out/${text%.wat}.wasm" "$text"
  done
else
  echo "hostile: text not compared, no wat2wasm 1.0.32"
fi

if clang-19 --version 2>/dev/null | grep -q 'version 19\.1\.7' && command -v wasm-ld-19 >/dev/null; then
  for text in c/*.c; do
    name=${text#c/}; name=${name%.c}
    # Without --stack-first the stack lies above the data and grows down into it.
    clang-19 --target=wasm32 -O1 -ffreestanding -nostdlib -c -o "$out/$name.o" "$text"
    wasm-ld-19 --no-entry -z stack-size=8192 -o "$out/$name.wasm" "$out/$name.o"
    chmod a-x "$out/$name.wasm"
    rm "$out/$name.o"
  done
else
  echo "hostile: C not compared, no clang 19.1.7"
fi

if command -v asc >/dev/null && [ "$(asc --version)" = "Version 0.28.20" ]; then
  for text in assemblyscript/*.ts; do
    name=${text#assemblyscript/}
    asc "$text" -O --runtime incremental --use abort= -o "$out/${name%.ts}.wasm"
  done
else
  echo "hostile: AssemblyScript not compared, no asc Version 0.28.20"
fi

[ "$out" = . ] && exit 0
for built in "$out"/*.wasm; do
  [ -f "$built" ] || continue
  cmp "$built" "${built##*/}"
done
