#!/bin/sh
# vet.sh runs go vet for every system that the binary is built for, tests included,
# and in the nested modules for this one.
set -eu
for os in linux darwin windows; do
  echo "vet: $os"
  GOOS=$os CGO_ENABLED=0 go vet ./...
done
for dir in $(.ci/nested.sh); do
  echo "vet: $dir"
  go -C "$dir" vet ./...
done
