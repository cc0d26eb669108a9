#!/bin/sh
# fmt.sh fails when a Go file is not formatted, and names it.
set -eu
files=$(git -c core.quotePath=false ls-files --cached --others --exclude-standard '*.go')
bad=$(printf '%s\n' "$files" | while read -r f; do
  [ ! -f "$f" ] || printf '%s\0' "$f"
done | xargs -0 gofmt -l)
[ -z "$bad" ] || { printf 'fmt: run gofmt -w on:\n%s\n' "$bad"; exit 1; }
