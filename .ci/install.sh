#!/bin/sh
# install.sh [AREA] installs the tools that the checks, or an area of the long tier,
# need besides Go. It names those that it cannot install: a failure with CI=true;
# otherwise the checks that need them are skipped and say so.
set -eu
cd "$(dirname "$0")/.."

case ${1:-} in
platforms)
  # An emulator for arm64, Wine, and the compiler for a DLL that Wine lacks.
  debian="qemu-user-static wine64 gcc-mingw-w64-x86-64"
  npm=
  ;;
tools)
  # What testdata/tools/tools.txt lists.
  debian="zsh tcsh fish ruby lua5.4 php-cli gawk tcl guile-3.0 r-base-core ocaml-nox erlang-base emacs-nox vim nano less man-db groff tmux"
  debian="$debian gdb curl wget rsync openssh-client gnupg tar xz-utils zstd jq sqlite3 bc cmake ninja-build meson scons autoconf bison"
  debian="$debian pkg-config ccache valgrind binutils gcc default-jdk-headless ant maven mercurial subversion postgresql-client"
  npm="typescript@5.9.3 prettier@3.10.1 eslint@10.15.0 yarn@1.22.22"
  ;;
compile)
  debian=
  npm=
  ;;
*)
  # rustc, cargo and lld-22 build the built-in modules; clang, lld-19 and wabt the
  # hostile ones. lua-check reads policies, gdb takes core files.
  # The others, and Node, read back what export and edits write.
  debian="rustc-web cargo-web rust-web-src lld-22 clang-19 lld-19 wabt lua-check gdb jq make python3-dotenv python3-yaml"
  debian="$debian python3-ruamel.yaml python3-tomlkit zsh fish"
  # npm installs these into .ci/node_modules.
  npm="assemblyscript@0.28.20 dotenv@17.4.2"
  ;;
esac

missing() {
  for p in $debian; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$p"
  done
}

# apt ARGUMENT... runs apt-get, again and again for at most five minutes while
# another process holds a lock of the package manager.
apt() {
  end=$(($(date +%s) + 300))
  until out=$(LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends "$@" 2>&1); do
    case $out in
    *"Could not get lock"*) [ "$(date +%s)" -lt $end ] || { echo "install: the package manager is still locked"; return 1; } ;;
    *) printf '%s\n' "$out" | grep '^E:'; return 1 ;;
    esac
    sleep 5
  done
}

# install_debian installs all packages at once and, if that fails, one by one, so
# that a package that does not exist does not prevent the others.
install_debian() {
  command -v apt-get >/dev/null || { echo "install: cannot install packages: no apt-get"; return; }
  [ "$(id -u)" = 0 ] || { echo "install: cannot install packages: not root"; return; }
  apt update || echo "install: package lists not refreshed"
  # shellcheck disable=SC2046 # a list of words
  apt install $(missing) || for p in $(missing); do apt install "$p" || :; done
}

[ -z "$(missing)" ] || install_debian
[ -z "$(missing)" ] || .ci/skipped.sh "install: missing: $(missing)"
[ -n "$npm" ] || exit 0
# shellcheck disable=SC2086 # a list of words
npm install --prefix .ci --no-save --no-audit --no-fund --silent $npm || .ci/skipped.sh "install: missing: $npm"
