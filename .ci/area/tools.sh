#!/usr/bin/env bash
# tools.sh runs the tools of testdata/tools/tools.txt under "postern run", beside modules
# and a .env that list the names which steer them. Each tool first gets some of these
# variables directly, to show that it obeys them.
set -euo pipefail
export PATH=$PWD/.ci/node_modules/.bin:$PATH
all=-all-tools
[ -z "$TRY" ] || all=
go test -count=1 -timeout 40m -v ./cmd/postern -run '^TestTools_TM152$' $all |
  tee >(cat >&2) | sed -n 's/^ *tools_linux_test.go:[0-9]*: \(.* openings, .* connections\)$/\1/p;/^ *--- \(FAIL\|SKIP\)/p;/^ok\|^FAIL/p'
