#!/bin/sh
# bench.sh prints the table of the engines after ROUNDS rounds.
set -eu
cd "$(dirname "$0")"
go test -run TestEnginesAgree -bench . -benchtime "${ROUNDS:-5}x"
