#!/bin/sh
# bench.sh [PEER...] compares postern with its peers, by default with all folders of
# testdata/peers that have a bench.sh, in which the programs take turns, round after
# round. It needs an idle machine. ROUNDS sets the number of rounds, for a quick try.
set -eu
[ $# -gt 0 ] || set -- $(cd testdata/peers && ls -d */bench.sh | xargs dirname)
for peer in "$@"; do
  echo "== $peer"
  "testdata/peers/$peer/bench.sh"
done
