#!/bin/sh
# bench.sh builds the commands from source and times them. If sops does not build,
# it is left out. ROUNDS is the number of rounds.
set -eu
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
mkdir "$out/bin" "$out/run"
go build -o "$out/bin/hello" ./hello
go build -o "$out/bench" .
go -C ../../.. build -o "$out/bin/postern" ./cmd/postern
if go build -o "$out/bin/sops" github.com/getsops/sops/v3/cmd/sops; then
  "$out/bench" -prepare -bin "$out/bin" -dir "$out/run"
fi
"$out/bench" -bin "$out/bin" -dir "$out/run" ${ROUNDS:+-rounds "$ROUNDS"}
