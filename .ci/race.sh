#!/bin/sh
# race.sh runs the packages in which goroutines meet under the race detector,
# which needs a C compiler.
set -eu
command -v "$(go env CC)" >/dev/null || { echo "race: not run, no C compiler"; exit 0; }
go list ./runtime/... | grep -v -e /internal/project -e /internal/wasmbin -e /runtime/abi | xargs env CGO_ENABLED=1 go test -race -short
