#!/bin/sh
# vet.sh runs go vet, tests included, for every system that the binary is built
# for, and in the nested modules for this system. .ci/long bench vets the modules of
# testdata/peers. The processors are those of cross.sh, which then has less to compile.
set -eu
for target in "" darwin/arm64 windows/amd64; do
  echo "vet: ${target:-this system}"
  GOOS=${target%/*} GOARCH=${target#*/} go vet ./...
done
dirs=$(.ci/nested.sh)
for dir in $dirs; do
  case $dir in testdata/peers/*) continue ;; esac
  echo "vet: $dir"
  go -C "$dir" vet ./...
done
