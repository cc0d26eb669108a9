#!/bin/sh
# bench.sh [PEER...] compares with peers, all of testdata/peers when none is named.
# Each is a nested module whose bench.sh prints ratios of rounds that take turns;
# use an idle machine. ROUNDS says how many rounds, for a quick try.
set -eu
[ $# -gt 0 ] || set -- $(cd testdata/peers && ls)
for peer in "$@"; do
  echo "== $peer"
  "testdata/peers/$peer/bench.sh"
done
