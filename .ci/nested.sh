#!/bin/sh
# nested.sh prints the folders of the nested Go modules, one per line.
set -eu
files=$(git -c core.quotePath=false ls-files --cached --others --exclude-standard '*/go.mod')
printf '%s\n' "$files" | while read -r f; do
  [ ! -f "$f" ] || dirname "$f"
done | sort
