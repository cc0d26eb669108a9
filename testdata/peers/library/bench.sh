#!/bin/sh
# bench.sh times the operations of the library. ROUNDS is the number of rounds.
set -eu
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
go build -o "$out/bench" .
"$out/bench" ${ROUNDS:+-rounds "$ROUNDS"}
