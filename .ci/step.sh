#!/bin/sh
# step.sh NAME COMMAND... runs a command and prints how many seconds it took. If
# STEPS names a file, it appends a line to it; .ci/run prints that file at the end.
set -eu
name=$1
shift
printf '\n== %s\n' "$name"
start=$(date +%s)
status=0
"$@" || status=$?
seconds=$(($(date +%s) - start))
result=ok
[ $status -eq 0 ] || result=FAILED
echo "== $name: $result, $seconds s"
[ -z "${STEPS:-}" ] || printf '%-14s %5d s  %s\n' "$name" "$seconds" "$result" >>"$STEPS"
exit $status
