#!/usr/bin/env bash
# compile.sh searches for modules that take longer to compile, or more memory, than
# preflight says, and prints the worst of each kind. SEED repeats the random choices of
# a run.
set -euo pipefail
search=30m
[ -z "$TRY" ] || search=30s
go test -count=1 -timeout 40m -v ./runtime/internal/wasmbin/cost -run '^TestTM006SearchFindsNoDearModule$' -search "$search" -seed "${SEED:-0}" |
  tee >(cat >&2) | sed -n 's/^ *search_linux_test.go:[0-9]*: //p;/^ok\|^FAIL/p' |
  sed -n '/^seed/p;/worst of each:$/,$p'
