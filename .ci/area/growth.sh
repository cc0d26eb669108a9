#!/usr/bin/env bash
# growth.sh prints how the costs of the library grow, and shows that it would notice a cost
# that grows with the square: it builds GetMany with such a loop, without changing the file.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
sed 's/^func (c \*Client) GetMany(.*{$/&\n\tfor range keys {\n\t\tfor i := range keys {\n\t\t\tplanted ^= i * i % (planted | 1)\n\t\t}\n\t}/' runtime/client.go >"$place/client.go"
echo 'var planted int' >>"$place/client.go"
printf '{"Replace":{"%s":"%s"}}\n' "$PWD/runtime/client.go" "$place/client.go" >"$place/overlay.json"
go -C testdata/growth build -overlay "$place/overlay.json" -o "$place/planted" .
if "$place/planted" -row 'GetMany of variables, by keys' >"$place/out" 2>&1; then
  echo "growth: a planted quadratic is not noticed" >&2
  exit 1
fi
grep -q 'grows too fast' "$place/out"
go -C testdata/growth run . ${TRY:+-try}
sed -n 's/^GetMany/planted: GetMany/p' "$place/out"
