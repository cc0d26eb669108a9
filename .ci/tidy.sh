#!/bin/sh
# tidy.sh fails with the difference when go mod tidy would change a go.mod, here
# or in a nested module.
set -eu
for dir in . $(.ci/nested.sh); do
  echo "tidy: $dir"
  go -C "$dir" mod tidy $diff
done
