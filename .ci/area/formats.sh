#!/usr/bin/env bash
# formats.sh edits 10,000 random documents of each format and reads them with the
# common readers. SEED repeats the documents of a run.
set -euo pipefail
POSTERN_DOCUMENTS=10000
[ -z "$TRY" ] || POSTERN_DOCUMENTS=300
export POSTERN_DOCUMENTS
go -C testdata/documents test -count=1 -timeout 40m -v . -seed "${SEED:-1}" |
  tee >(cat >&2) | sed -n 's/^ *edits_test.go:[0-9]*: \([a-z]*: map.*\)/\1/p'
