#!/bin/sh
# nested-tests.sh runs the tests of the nested modules, of guest-sdk and examples
# for instance. Those beneath testdata are benchmarks and have none to run here.
set -eu
for dir in $(.ci/nested.sh); do
  case $dir in testdata/*) continue ;; esac
  echo "test: $dir"
  go -C "$dir" test ./...
done
