#!/bin/sh
# vet.sh runs go vet, tests included, for every system that the binary is built
# for, and in the nested modules for this system. .ci/long bench vets the modules of
# testdata/peers.
set -eu
for os in linux darwin windows; do
  echo "vet: $os"
  GOOS=$os go vet ./...
done
for dir in $(.ci/nested.sh | grep -v '^testdata/peers/'); do
  echo "vet: $dir"
  go -C "$dir" vet ./...
done
