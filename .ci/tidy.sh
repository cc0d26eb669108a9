#!/bin/sh
# tidy.sh fails with the difference when go mod tidy would change a go.mod, here
# or in a nested module. With --fix it makes the change.
set -eu
diff=-diff
[ "${1:-}" != --fix ] || diff=
failed=0
for dir in . $(.ci/nested.sh); do
  echo "tidy: $dir"
  go -C "$dir" mod tidy $diff || failed=1
done
exit $failed
