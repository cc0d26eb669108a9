#!/bin/sh
# bench.sh prints the table of the maskers after ROUNDS rounds.
set -eu
cd "$(dirname "$0")"
go test -run '^$' -bench . -benchtime "${ROUNDS:-3}x"
