#!/usr/bin/env bash
# fuzz.sh compares a million decisions with the oracle, masks many random values in all
# mixtures of escapes, and runs every fuzz target of the repository. The quick tier makes
# fewer decisions, tries fewer values, only runs some of the targets whose code changed,
# and names the others.
set -euo pipefail
total=${TOTAL:-30m} # builds excluded; a lower TOTAL is for loaded machines
[ -z "$TRY" ] || total=60s
policies=2500
[ -z "$TRY" ] || policies=100
POSTERN_TEST_LONG=1 go test -count=1 -v ./runtime/policy -run '^TestP1AgainstOracle$' -policies $policies |
  sed -n 's/^ *oracle_test.go:[0-9]*: //p;/^ok\|^FAIL\|^ *--- FAIL/p'
rounds=${ROUNDS:-60} # a few seconds each
[ -z "$TRY" ] || rounds=5
POSTERN_TEST_LONG=1 POSTERN_TEST_ROUNDS=$rounds go test -count=1 -timeout 30m ./runtime/redact ./runtime/redact/internal/match -run TM156 |
  sed "s|^ok[[:space:]]*\([^[:space:]]*\).*|mixtures of escapes, $rounds rounds: ok \1|"
exec go -C .ci run ./fuzz -all -total $total
