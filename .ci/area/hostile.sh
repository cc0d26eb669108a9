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

# Two processes run generated modules: each measures itself.
each=50000
[ -z "$TRY" ] || each=300
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
runs=()
for half in 0 1; do
  go test -count=1 -timeout 35m -v ./runtime/internal/wasmhost -run '^TestTM001Generated$' \
    -programs $each -program $((2 * each * (${SEED:-1} - 1) + half * each + 1)) >"$dir/$half" &
  runs+=($!)
done
status=0
for run in "${runs[@]}"; do wait "$run" || status=$?; done
cat "$dir"/* >&2
sed -n 's/^ *[a-z_]*_test\.go:[0-9]*: //p;/^FAIL/p' "$dir"/*
exit $status
