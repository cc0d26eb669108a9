#!/bin/sh
# bench.sh compares postern run with similar programs: those in the folder PEERS,
# where they stay between runs. With -full, or FULL=1, it first builds the missing
# ones, which takes long (sops, vals, teller and godotenv from source, dotenvx and
# varlock from npm), and tries all 256 exit codes.
set -eu
cd "$(dirname "$0")"
peers=${PEERS:-$(mktemp -d)}
dir=$(mktemp -d)
trap 'rm -rf "$dir"; [ -n "${PEERS:-}" ] || rm -rf "$peers"' EXIT
mkdir -p "$peers"
go build -o "$dir/bench" .
go -C ../../.. build -o "$peers/postern" ./cmd/postern

# from NAME PACKAGE VERSION builds in a separate module, with exactly the
# dependencies that the version requires.
from() {
  name=$1
  [ ! -x "$peers/$name" ] || return 0
  mkdir "$dir/$name"
  (cd "$dir/$name" && go mod init build && GOFLAGS=-mod=mod go get "$2@$3" && GOFLAGS=-mod=mod go build -o "$peers/$name" "$2") >"$dir/log" 2>&1 ||
    echo "bench.sh: $1 does not build: $(tail -n 1 "$dir/log")" >&2
}
npm_tool() {
  [ ! -x "$peers/$1" ] || return 0
  (cd "$peers" && npm install --no-audit --no-fund "$2" && ln -sf "node_modules/.bin/$1" "$1") >"$dir/log" 2>&1 ||
    echo "bench.sh: $1 does not install: $(tail -n 1 "$dir/log")" >&2
}
full=${FULL:+-full}
[ "${1:-}" != -full ] || full=-full
if [ -n "$full" ]; then
  from age-keygen filippo.io/age/cmd/age-keygen v1.3.2
  from godotenv github.com/joho/godotenv/cmd/godotenv v1.5.1
  from sops github.com/getsops/sops/v3/cmd/sops v3.13.3
  from teller github.com/spectralops/teller v1.5.6
  from vals github.com/helmfile/vals/cmd/vals v0.46.1
  npm_tool dotenvx @dotenvx/dotenvx@2.38.2
  npm_tool varlock varlock@1.20.0
fi
mkdir "$dir/run"
if [ -x "$peers/sops" ] && [ -x "$peers/age-keygen" ]; then
  (cd "$dir/run" && "$peers/age-keygen" -o key.txt 2>recipient &&
    echo 'PROBE_SECRET=c4n4ry~V4lue~5ecret~7f3e9a1b' >plain.env &&
    "$peers/sops" encrypt --age "$(sed -n 's/^Public key: //p' recipient)" plain.env >sops.env && rm plain.env)
fi
"$dir/bench" -bin "$peers" -dir "$dir/run" $full
