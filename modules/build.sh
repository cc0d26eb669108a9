#!/bin/sh
# Builds every module, which is a folder with a Cargo.toml, into NAME/NAME.wasm. What
# modules share is in lib.
#
#   modules/build.sh          build
#   modules/build.sh --check  build in a temporary folder and compare with the
#                             committed files
#
# The bytes depend only on the lock file, the compiler and the linker, so --check
# compares only with the pinned compiler and linker. If Debian's packages rustc-web,
# cargo-web, rust-web-src and lld-22 are installed, they are used by their full
# paths, even if rustup comes first in PATH. Otherwise cargo in PATH is used, which
# needs "rustup target add wasm32-unknown-unknown".
set -eu

pinned_rustc='rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)'
pinned_linker='Debian LLD 22.1.8'
target=wasm32-unknown-unknown

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
root=$(dirname -- "$here")
names=$(cd "$here" && for manifest in */Cargo.toml; do dirname -- "$manifest"; done)

# Debian's rustc comes without a precompiled core library for the target, so core
# is built from Debian's sources.
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

# Symbol names, and with them the order of functions, depend on the path of a crate
# outside of the workspace, such as the SDK. So every build runs in the same folder,
# one at a time.
place=/tmp/postern-modules

# build DIR compiles all modules with DIR as the target folder. The output must not
# contain paths of the build machine, so they are remapped to fixed names.
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
    cp -Rp -- "$here/lib" "$place/modules/lib"
    for name in $names; do
        cp -Rp -- "$here/$name" "$place/modules/$name"
    done
    rm -rf -- "$place/guest-sdk/rust/target"
    flags="--remap-path-prefix=$place=/postern"
    flags="$flags --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
    flags="$flags --remap-path-prefix=$("$RUSTC" --print sysroot)=/rust"
    flags="$flags -Cstrip=symbols -Clink-arg=-zstack-size=65536 -Clink-arg=--stack-first"
    # Otherwise every address takes five bytes, which adds a fifteenth to the code.
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
        echo 'not compared: the compiler or the linker is not the pinned one'
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
