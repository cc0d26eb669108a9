#!/bin/sh
# bench.sh compares postern with all peers. It also vets their modules and checks
# that they are tidy: the quick tier has no time to download their dependencies.
set -eu
peers=$(cd testdata/peers && ls)
.ci/tidy.sh $(printf 'testdata/peers/%s ' $peers) >&2
for peer in $peers; do
  go -C "testdata/peers/$peer" vet ./... >&2
done
if [ -n "$TRY" ]; then export ROUNDS=1; else export FULL=1; fi
exec .ci/bench.sh
