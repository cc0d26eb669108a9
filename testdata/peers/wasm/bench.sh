#!/bin/sh
# bench.sh builds the guests of the peers from source and times all contenders.
# ROUNDS is the number of rounds.
set -eu
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for guest in extism knqyf; do
  GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o "$out/$guest.wasm" "./guests/$guest"
done
go build -o "$out/bench" .
"$out/bench" -guests "$out" ${ROUNDS:+-rounds "$ROUNDS"}
