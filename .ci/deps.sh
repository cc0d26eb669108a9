#!/bin/sh
# deps.sh lists the dependencies that have a newer version: direct and indirect ones
# of the library, direct ones of the nested modules, and the tools. It changes nothing
# and does not fail without a network.
set -eu
format='  {{.Path}} {{.Version}}{{with .Update}} -> {{.Version}}{{end}}{{if .Indirect}} (indirect){{end}}'

# required GO.MOD prints its lines that require a module of another repository.
required() { awk '{ sub(/^require /, "") } $2 ~ /^v[0-9]/ && $2 != "v0.0.0"' "$1"; }

# newer GO.MOD MODULE... prints the modules that have a newer version.
newer() {
  file=$1
  shift
  echo "$file"
  [ $# -gt 0 ] || return 0
  go -C "$(dirname "$file")" list -modfile="${file##*/}" -m -u -f "$format" "$@" >"$answer" 2>&1 ||
    { echo "  no answer from the module proxy"; return 0; }
  grep -e '->' "$answer" || :
}

answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
newer go.mod $(required go.mod | awk '{ print $1 }')
for dir in $(.ci/nested.sh); do
  newer "$dir/go.mod" $(required "$dir/go.mod" | awk '!/indirect/ { print $1 }')
done
newer .ci/tools.mod $(go list -modfile=.ci/tools.mod -f '{{.Module.Path}}' tool)
