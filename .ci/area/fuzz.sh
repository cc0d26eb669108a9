#!/bin/sh
# fuzz.sh runs every fuzz target of the repository. The quick tier runs at most 12
# of those whose code changed, and names what it leaves to this area.
set -eu
total=30m # builds come on top
[ -z "$TRY" ] || total=60s
exec go -C .ci run ./fuzz -all -total $total
