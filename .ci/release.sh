#!/usr/bin/env bash
# release.sh TAG [DIR] writes the files of a release to DIR, by default dist: the command
# for six targets, stripped, an SBOM of each (CycloneDX), and SHA256SUMS. It fails if a
# second build, in another folder and with an empty cache, differs in one byte; if a
# binary is larger than 14 MB; if its help differs from that of "go build"; or if an
# operation is more than 5 % slower than in the tag before. The last needs an idle
# machine: SKIP_GUARD=1 leaves it out, and says so. DIR must not exist: it is
# written whole or not at all.
set -euo pipefail
limit=14000000 # bytes of a binary
targets="linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64"
fail() { echo "release: $1" >&2; exit "${2:-1}"; }
[ $# -ge 1 ] && [ $# -le 2 ] || { echo "usage: release.sh TAG [DIR]" >&2; exit 2; }
cd "$(dirname "$0")/.."
tag=$1
dir=$(realpath -m "${2:-dist}")
[ ! -e "$dir" ] || fail "$dir exists; move it away" 2
commit=$(git rev-parse --verify --quiet "refs/tags/$tag^{commit}") || fail "no tag $tag; make it with git tag" 2
repository=$(git rev-parse --path-format=absolute --git-common-dir)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Without text/template, because of which the linker keeps every method, a binary has
# 2 MB less.
export CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=true -mod=readonly -tags=urfave_cli_no_template"

# name TARGET prints the name of the binary.
name() {
  local suffix=
  [ "${1%/*}" != windows ] || suffix=.exe
  echo "postern_${tag#v}_${1%/*}_${1#*/}$suffix"
}

# build N writes the binaries of all targets to the folder N.
build() {
  git -c advice.detachedHead=false clone -q --branch "$tag" "$repository" "$work/source$1"
  mkdir "$work/$1"
  for target in $targets; do
    GOCACHE="$work/cache$1" GOOS=${target%/*} GOARCH=${target#*/} \
      go -C "$work/source$1" build -ldflags "-s -w" -o "$work/$1/$(name "$target")" ./cmd/postern
  done
}

# help BINARY prints the help of all commands.
help() {
  "$1" help
  "$1" help | awk '/^COMMANDS:/ { on = 1; next } /^[A-Z]/ { on = 0 } on && /^   [a-z]/ { sub(",", "", $1); print $1 }' |
    while read -r command; do "$1" help "$command"; "$1" "$command" --help; done
}

build 1
build 2
for target in $targets; do
  file=$(name "$target")
  cmp -s "$work/1/$file" "$work/2/$file" || fail "two builds of $file differ"
  size=$(wc -c <"$work/1/$file")
  [ "$size" -le $limit ] || fail "$file has $size bytes, more than $limit"
  echo "release: $file has $size bytes, and two builds are equal"
done

host=$work/1/$(name "$(go env GOOS)/$(go env GOARCH)")
[ -x "$host" ] || fail "run it on one of $targets" 2
GOFLAGS="-trimpath -mod=readonly" go -C "$work/source1" build -o "$work/plain" ./cmd/postern
help "$host" >"$work/help1"
help "$work/plain" >"$work/help2"
[ "$(wc -l <"$work/help1")" -gt 20 ] || fail "$host prints no help"
cmp -s "$work/help1" "$work/help2" || fail "the help differs from that of go build: $(diff "$work/help1" "$work/help2" | head -n 5)"

for target in $targets; do
  file=$(name "$target")
  GOFLAGS= go tool -modfile=.ci/release.mod cyclonedx-gomod bin -json -noserial -notimestamp \
    -version "$tag" -output "$work/1/$file.cdx.json" "$work/1/$file"
done
(cd "$work/1" && sha256sum -- * >"$work/SHA256SUMS" && mv "$work/SHA256SUMS" .)

before=$(git describe --tags --abbrev=0 "$commit^" 2>/dev/null || :)
if [ -n "${SKIP_GUARD:-}" ]; then
  echo "release: the speed was not compared with that of ${before:-an earlier tag}"
elif [ -z "$before" ]; then
  echo "release: no tag before $tag to compare the speed with"
else
  .ci/bench-guard.sh "$before" "$tag"
fi
mkdir -p "$(dirname "$dir")"
mv "$work/1" "$dir"
echo "release: $dir"
