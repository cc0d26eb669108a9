#!/bin/sh
# cross.sh [--all] builds the command for other systems and fails when a binary, symbols
# included, is larger than 25 MB: each system and each processor once, with --all all six
# targets. Files for one processor alone are for Linux, so the other two hold no surprise:
# .ci/long platforms builds them.
set -eu
limit=25000000
targets="linux/amd64 linux/arm64 darwin/arm64 windows/amd64"
[ "${1:-}" != --all ] || targets="$targets darwin/amd64 windows/arm64"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for target in $targets; do
  GOOS=${target%/*} GOARCH=${target#*/} CGO_ENABLED=0 go build -o "$out/postern" ./cmd/postern
  size=$(wc -c <"$out/postern")
  echo "cross: $target $((size / 1000)) kB"
  [ "$size" -lt $limit ] || { echo "cross: larger than $((limit / 1000)) kB"; exit 1; }
done
