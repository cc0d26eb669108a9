#!/bin/sh
# fmt.sh fails when a Go file is not formatted, and names it.
set -eu
bad=$(git ls-files --cached --others --exclude-standard '*.go' | while read -r f; do
  [ ! -f "$f" ] || echo "$f"
done | xargs gofmt -l)
[ -z "$bad" ] || { printf 'fmt: run gofmt -w on:\n%s\n' "$bad"; exit 1; }
