#!/bin/sh
# bench-guard.sh BASE HEAD builds two commits, times ten operations in both, and
# fails when one of them is more than 5 % slower in HEAD. ROUNDS is the number of
# rounds (9). It takes about five minutes and needs an idle machine.
set -eu
[ $# -eq 2 ] || { echo "usage: bench-guard.sh BASE HEAD" >&2; exit 2; }
cd "$(dirname "$0")/.."
module=github.com/postern-project/postern
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# build COMMIT DIR builds DIR/postern and DIR/guard. The source of guard comes from
# this checkout; the library and the versions of its dependencies, from the commit.
build() {
  commit=$(git rev-parse --verify --quiet "$1^{commit}") || { echo "bench-guard: no commit $1" >&2; exit 2; }
  mkdir -p "$2/source" "$2/rows"
  git archive "$commit" | tar -x -C "$2/source"
  cp testdata/guard/*.go "$2/rows"
  cp "$2/source/go.mod" "$2/source/go.sum" "$2/rows"
  go -C "$2/rows" mod edit -module="$module/testdata/guard" -require="$module@v0.0.0" -replace="$module=$2/source"
  go -C "$2/rows" build -mod=mod -o "$2/guard" .
  go -C "$2/source" build -o "$2/postern" ./cmd/postern
  echo "built $(git log -1 --format='%h %s' "$commit")"
}

build "$1" "$work/base"
build "$2" "$work/head"
go -C .ci run ./guard -rounds "${ROUNDS:-9}" "$work/base" "$work/head"
