#!/bin/sh
# install.sh [AREA] installs what the checks, or an area of the long tier, need
# beyond Go. What it cannot install it names: that is a failure with CI=true, and
# elsewhere the checks that need it say so.
set -eu
cd "$(dirname "$0")/.."

case ${1:-} in
platforms)
  # Another processor, another system, and the compiler for a DLL that it lacks.
  debian="qemu-user-static wine64 gcc-mingw-w64-x86-64"
  npm=
  ;;
*)
  # The compiler of the built-in modules; compilers, linkers and assemblers of the
  # hostile ones; the linter of policies; what takes a core file of a process.
  debian="rustc-web cargo-web rust-web-src lld-22 clang-19 lld-19 wabt lua-check gdb"
  # NAME@VERSION, which npm installs into .ci/node_modules: AssemblyScript.
  npm="assemblyscript@0.28.20"
  ;;
esac

missing() {
  for p in $debian; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$p"
  done
}

# apt ARGUMENT... runs apt-get. While another process holds a lock of the package
# manager, it tries again, for at most five minutes.
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

# install_debian installs all packages at once, and one by one when that fails: one
# that does not exist here must not keep the others away.
install_debian() {
  command -v apt-get >/dev/null || { echo "install: no apt-get"; return; }
  [ "$(id -u)" = 0 ] || { echo "install: not root"; return; }
  apt update || echo "install: package lists not refreshed"
  # shellcheck disable=SC2046 # a list of words
  apt install $(missing) || for p in $(missing); do apt install "$p" || :; done
}

[ -z "$(missing)" ] || install_debian
[ -z "$(missing)" ] || .ci/skipped.sh "install: missing: $(missing)"
[ -n "$npm" ] || exit 0
# shellcheck disable=SC2086 # a list of words
npm install --prefix .ci --no-save --no-audit --no-fund --silent $npm || .ci/skipped.sh "install: missing: $npm"
