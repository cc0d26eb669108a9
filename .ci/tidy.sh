#!/bin/sh
# tidy.sh fails, and shows the difference, when go mod tidy would change a go.mod
# here or in a nested module. With --fix it makes the change. The modules of
# testdata/peers, whose dependencies take minutes to download, are left to
# .ci/long bench; name folders to check those alone.
set -eu
diff=-diff
dirs=". $(.ci/nested.sh | grep -v '^testdata/peers/')"
case ${1:-} in
--fix) diff='' dirs=". $(.ci/nested.sh)" ;;
?*) dirs=$* ;;
esac
failed=0
for dir in $dirs; do
  echo "tidy: $dir"
  go -C "$dir" mod tidy $diff || failed=1
done
exit $failed
