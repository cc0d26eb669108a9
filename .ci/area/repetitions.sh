#!/usr/bin/env bash
# repetitions.sh runs the tests of all packages with all that they repeat, of which the
# quick tier makes a tenth, and prints the seconds of each package.
set -euo pipefail
POSTERN_TEST_LONG=1
[ -z "$TRY" ] || POSTERN_TEST_LONG=
export POSTERN_TEST_LONG
go test -count=1 -vet=off -timeout 40m ./... | tee >(cat >&2) |
  awk '$1 == "ok" { sub(".*/postern/", "", $2); printf "%-46s %7.1f s\n", $2, $3 } /^FAIL|^ *--- FAIL/'
