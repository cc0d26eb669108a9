#!/usr/bin/env bash
# hostile.sh tests what the project promises about hostile and broken modules, in the
# long form. SEED repeats the random choices of a run.
set -euo pipefail
long=-long
[ -z "$TRY" ] || long=
go test -count=1 -timeout 40m -v ./runtime/internal/promises $long -seed "${SEED:-1}" |
  tee >(cat >&2) | sed -n '/^promises, /,/^ok\|^FAIL/p'
exchanges=10000
[ -z "$TRY" ] || exchanges=100
go test -count=1 -v ./runtime/internal/codecache -run '^TestExchanged' -exchanges $exchanges |
  tee >(cat >&2) | sed -n 's/.*: \([0-9]* exchanges, .*\)/cache under attack: \1/p;/^FAIL/p'
