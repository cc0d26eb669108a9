#!/bin/sh
# fuzz.sh runs every fuzz target of the main module for FUZZTIME (10s), two at a
# time with one worker each. Usage: fuzz.sh [PACKAGE...]
set -eu
time=${FUZZTIME:-10s}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Building every test binary once also fills the cache for the runs below.
go test -list '^Fuzz' "${@:-./...}" >"$work/list" || { cat "$work/list"; exit 1; }
awk '/^Fuzz/ { names[n++] = $1 } /^ok/ { for (i = 0; i < n; i++) print $2, names[i] } /^(ok|\?)/ { n = 0 }' "$work/list" >"$work/targets"
echo "fuzz: $(wc -l <"$work/targets") targets, $time each"

# The fuzzer calls it a failure when its time ends in the middle of a slow input.
# It is none: a crasher is always written, and its name printed.
ended() { grep -q 'context deadline exceeded' "$1" && ! grep -q 'Failing input written' "$1"; }

# A crasher is written below the package's testdata/fuzz and named in the output.
one() {
  go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" -fuzzminimizetime 20x -parallel 1 "$1" >"$3" 2>&1 || ended "$3" ||
    { cat "$3"; echo "fuzz: $1 $2 failed" >>"$work/failed"; return; }
  echo "ok $2 $(grep -o 'execs: [0-9]*' "$3" | tail -1)"
}
while read -r pkg name; do
  one "$pkg" "$name" "$work/a" &
  if read -r pkg name; then one "$pkg" "$name" "$work/b"; fi
  wait
done <"$work/targets"
[ ! -f "$work/failed" ] || { cat "$work/failed"; exit 1; }
