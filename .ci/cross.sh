#!/bin/sh
# cross.sh builds the command for six targets and fails when a binary, symbols
# included, is larger than 25 MB.
set -eu
limit=25000000
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for target in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do
  GOOS=${target%/*} GOARCH=${target#*/} CGO_ENABLED=0 go build -o "$out/postern" ./cmd/postern
  size=$(wc -c <"$out/postern")
  echo "cross: $target $((size / 1000)) kB"
  [ "$size" -lt $limit ] || { echo "cross: larger than $((limit / 1000)) kB"; exit 1; }
done
