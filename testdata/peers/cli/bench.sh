#!/bin/sh
# bench.sh builds the commands from source and measures. Where sops does not
# build, it goes on without.
set -eu
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
mkdir "$out/bin" "$out/run"
go build -o "$out/bin/hello" ./hello
go build -o "$out/bench" .
go -C ../../.. build -trimpath -o "$out/bin/postern" ./cmd/postern
if go build -o "$out/bin/sops" github.com/getsops/sops/v3/cmd/sops; then
  "$out/bench" -prepare -bin "$out/bin" -dir "$out/run"
fi
"$out/bench" -bin "$out/bin" -dir "$out/run" "$@"
