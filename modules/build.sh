#!/bin/sh
# Builds the modules into modules/NAME/NAME.wasm.
#
#   modules/build.sh          build
#   modules/build.sh --check  build elsewhere and compare with what is committed
#
# The bytes depend on the lock file, the compiler and the linker alone, so the
# comparison is made with the pinned pair only. Debian's packages are used where
# they are, because a rustup shim on PATH would hide them: rustc-web, rust-web-src
# and lld-22 are all that is needed. Elsewhere: rustup target add wasm32-unknown-unknown.
set -eu

pinned_rustc='rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)'
pinned_linker='Debian LLD 22.1.8'
names='env file memory'
target=wasm32-unknown-unknown

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
root=$(dirname -- "$here")

# Toolchain: Debian's rustc has no precompiled core for the target, so it is
# built from Debian's sources.
if [ -x /usr/bin/cargo ] && [ -x /usr/bin/rustc ] && [ -x /usr/bin/wasm-ld-22 ]; then
    cargo=/usr/bin/cargo
    RUSTC=/usr/bin/rustc
    RUSTC_BOOTSTRAP=1
    export RUSTC RUSTC_BOOTSTRAP
    linker=/usr/bin/wasm-ld-22
    std='-Zbuild-std=core,alloc,panic_abort'
else
    cargo=cargo
    RUSTC=${RUSTC:-rustc}
    export RUSTC
    linker=
    std=
fi

# The names of symbols, and with them the order of functions, depend on the path
# of a crate outside of the workspace, as the SDK is. So everybody builds at the
# same place, one at a time.
place=/tmp/postern-modules

# build DIR compiles all modules with DIR as the target folder. No path of this
# machine may reach the output: each folder is given a name instead.
build() {
    if command -v flock >/dev/null; then
        exec 9>"$place.lock"
        flock 9
    fi
    rm -rf -- "$place"
    mkdir -m 700 -- "$place"
    mkdir -- "$place/modules" "$place/guest-sdk"
    cp -Rp -- "$root/guest-sdk/rust" "$place/guest-sdk/rust"
    cp -p -- "$here/Cargo.toml" "$here/Cargo.lock" "$place/modules"
    for name in $names; do
        cp -Rp -- "$here/$name" "$place/modules/$name"
    done
    rm -rf -- "$place/guest-sdk/rust/target"
    flags="--remap-path-prefix=$place=/postern"
    flags="$flags --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
    flags="$flags --remap-path-prefix=$("$RUSTC" --print sysroot)=/rust"
    flags="$flags -Cstrip=symbols -Clink-arg=-zstack-size=65536 -Clink-arg=--stack-first"
    # Without this every address takes five bytes: a fifteenth of the code.
    flags="$flags -Clink-arg=--compress-relocations"
    if [ -n "$linker" ]; then
        flags="$flags -Clinker=$linker"
    fi
    # shellcheck disable=SC2086
    (cd "$place/modules" && env -u CARGO_ENCODED_RUSTFLAGS RUSTFLAGS="$flags" CARGO_TARGET_DIR="$1" \
        "$cargo" build --quiet --release --locked --target "$target" $std)
}

check() {
    found_linker=none
    if [ -n "$linker" ]; then
        found_linker=$("$linker" --version)
    fi
    if [ "$("$RUSTC" --version)" != "$pinned_rustc" ] || [ "$found_linker" != "$pinned_linker" ]; then
        echo 'not compared: another compiler or linker than the pinned one'
        return 0
    fi
    dir=$(mktemp -d)
    trap 'rm -rf -- "$dir"' EXIT
    build "$dir"
    for name in $names; do
        cmp -- "$dir/$target/release/$name.wasm" "$here/$name/$name.wasm"
    done
    echo identical
}

case "${1-}" in
--check)
    check
    ;;
'')
    build "$here/target"
    for name in $names; do
        cp -- "$here/target/$target/release/$name.wasm" "$here/$name/$name.wasm"
        wc -c "$here/$name/$name.wasm"
    done
    ;;
*)
    echo 'usage: modules/build.sh [--check]' >&2
    exit 64
    ;;
esac
