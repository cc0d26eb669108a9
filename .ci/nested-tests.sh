#!/bin/sh
# nested-tests.sh runs the tests of the nested modules, such as .ci. The modules
# in testdata are benchmarks and left out, except for the documents.
set -eu
dirs=$(.ci/nested.sh)
for dir in $dirs; do
  cached=
  case $dir in
  testdata/documents) ;;
  testdata/*) continue ;;
  .ci) cached=-count=1 ;; # they run scripts, of which the cache of results knows nothing
  esac
  echo "test: $dir"
  go -C "$dir" test $cached ./...
done
