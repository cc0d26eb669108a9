#!/usr/bin/env bash
# kills.sh kills commands that write files at every system call from the first that
# changes a file on, for every format.
set -euo pipefail
every=-every-call
[ -z "$TRY" ] || every=
go test -count=1 -timeout 40m -v ./cmd/postern -run '^TestKilledWrites$' $every |
  tee >(cat >&2) | sed -n '/^ *--- \|kills$\|^ok\|^FAIL/p'
