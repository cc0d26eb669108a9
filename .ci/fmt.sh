#!/bin/sh
# fmt.sh fails when a Go file is not formatted and names it.
set -eu
files=$(git ls-files --cached --others --exclude-standard '*.go')
bad=$(printf '%s\n' "$files" | while read -r f; do [ -f "$f" ] && gofmt -l "$f"; done)
[ -z "$bad" ] || { printf 'fmt: run gofmt -w on:\n%s\n' "$bad"; exit 1; }
