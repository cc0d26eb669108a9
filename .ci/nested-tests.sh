#!/bin/sh
# nested-tests.sh runs the tests of the nested modules, such as those of guest-sdk
# and examples. The modules in testdata are benchmarks and left out.
set -eu
for dir in $(.ci/nested.sh); do
  case $dir in testdata/*) continue ;; esac
  echo "test: $dir"
  go -C "$dir" test ./...
done
