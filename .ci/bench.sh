#!/bin/sh
# bench.sh compares with peers. Each folder of testdata/peers is a nested module
# whose bench.sh prints ratios of rounds that take turns; quiet minutes only.
# Usage: bench.sh [PEER...]
set -eu
[ $# -gt 0 ] || set -- $(cd testdata/peers && ls -d */)
for peer in "$@"; do
  dir=testdata/peers/${peer%/}
  echo "== $dir"
  if [ -x "$dir/bench.sh" ]; then "$dir/bench.sh"; else go -C "$dir" test -run '^$' -bench . -benchmem ./...; fi
done
