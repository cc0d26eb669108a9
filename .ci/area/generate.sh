#!/usr/bin/env bash
# generate.sh runs 100,000 generated modules and looks for calls that are late, keep
# too much memory or write too much. SEED chooses other ones.
set -euo pipefail
# Two processes run generated modules: each measures itself.
each=50000
[ -z "$TRY" ] || each=300
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
runs=()
for half in 0 1; do
  go test -count=1 -timeout 90m -v ./runtime/internal/wasmhost -run '^TestTM001Generated$' \
    -programs $each -program $((2 * each * (${SEED:-1} - 1) + half * each + 1)) >"$dir/$half" &
  runs+=($!)
done
status=0
for run in "${runs[@]}"; do wait "$run" || status=$?; done
cat "$dir"/* >&2
sed -n 's/^ *[a-z_]*_test\.go:[0-9]*: //p;/^FAIL/p' "$dir"/*
exit $status
