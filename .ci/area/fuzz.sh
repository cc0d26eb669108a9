#!/bin/sh
# fuzz.sh compares a million decisions with the oracle, and runs every fuzz target of the
# repository. The quick tier makes fewer decisions, only runs some of the targets whose
# code changed, and names the others.
set -eu
total=${TOTAL:-30m} # builds excluded; a lower TOTAL is for loaded machines
[ -z "$TRY" ] || total=60s
policies=2500
[ -z "$TRY" ] || policies=100
go test -count=1 -v ./runtime/policy -run '^TestP1AgainstOracle$' -policies $policies |
  sed -n 's/^ *oracle_test.go:[0-9]*: //p;/^ok\|^FAIL\|^ *--- FAIL/p'
exec go -C .ci run ./fuzz -all -total $total
