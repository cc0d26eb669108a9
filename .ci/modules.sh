#!/bin/sh
# modules.sh [SCRIPT...] rebuilds the .wasm files of the built-in and of the hostile
# modules and compares them with the committed ones. The build scripts name the
# compilers that they need, and print "not compared" when one is missing.
set -eu
export PATH="$PATH:$PWD/.ci/node_modules/.bin"
[ $# -gt 0 ] || set -- modules/build.sh testdata/hostile/build.sh
for script in "$@"; do
  echo "modules: $script --check"
  out=$($script --check 2>&1) || { printf '%s\n' "$out"; exit 1; }
  case $out in
  *"not compared"*) .ci/skipped.sh "$out" ;;
  *) printf '%s\n' "$out" ;;
  esac
done
