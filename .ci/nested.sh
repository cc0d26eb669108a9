#!/bin/sh
# nested.sh prints the folders of the nested Go modules, one per line.
set -eu
git ls-files --cached --others --exclude-standard '*/go.mod' | while read -r f; do
  [ ! -f "$f" ] || dirname "$f"
done | sort
