#!/bin/sh
# fuzz.sh runs every fuzz target of the repository. The quick tier only runs some of
# those whose code changed, and names the others.
set -eu
total=${TOTAL:-30m} # builds excluded; a lower TOTAL is for loaded machines
[ -z "$TRY" ] || total=60s
exec go -C .ci run ./fuzz -all -total $total
