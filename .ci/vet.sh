#!/bin/sh
# vet.sh runs go vet, tests included, for every system that the binary is built
# for, and in the nested modules for this system. .ci/long bench vets the modules of
# testdata/peers.
set -eu
for os in linux darwin windows; do
  echo "vet: $os"
  GOOS=$os go vet ./...
done
dirs=$(.ci/nested.sh)
for dir in $dirs; do
  case $dir in testdata/peers/*) continue ;; esac
  echo "vet: $dir"
  go -C "$dir" vet ./...
done
