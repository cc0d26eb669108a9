#!/usr/bin/env bash
# hostile.sh runs the promises about hostile and broken modules in their long
# form. SEED repeats the choices of a run.
set -euo pipefail
long=-long
[ -z "$TRY" ] || long=
go test -count=1 -timeout 40m -v ./runtime/internal/promises $long -seed "${SEED:-1}" | tee /dev/stderr |
  sed -n '/^promises, /,/^P.*ASS\|^ok\|^FAIL/p'
