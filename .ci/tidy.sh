#!/bin/sh
# tidy.sh [DIR...] fails and prints the difference when go mod tidy would change a
# go.mod, by default of any module but those of testdata/peers: their dependencies
# take minutes to download, so .ci/long bench checks them. tidy.sh --fix changes all.
set -eu
diff=-diff
all=$(.ci/nested.sh)
dirs=". $(printf '%s\n' "$all" | grep -v '^testdata/peers/')"
case ${1:-} in
--fix) diff='' dirs=". $all" ;;
?*) dirs=$* ;;
esac
failed=0
for dir in $dirs; do
  echo "tidy: $dir"
  go -C "$dir" mod tidy $diff || failed=1
done
exit $failed
