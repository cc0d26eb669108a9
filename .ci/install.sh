#!/bin/sh
# install.sh brings what the checks use beyond Go. Where it cannot, it says so
# and goes on: every check that needs such a tool names the tool it misses.
set -eu
cd "$(dirname "$0")/.."

# The compiler that rebuilds the committed modules, what links and assembles
# guests, the linters, and what takes a core file of a living process.
debian="rustc-web cargo-web rust-web-src lld-22 clang-19 lld-19 wabt lua-check gdb"

# The AssemblyScript compiler and the like: NAME@VERSION, installed by npm into .ci/node_modules.
npm="assemblyscript@0.28.20"

missing_debian() {
  for p in $debian; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$p"
  done
}

install_debian() {
  command -v apt-get >/dev/null || { echo "install: no apt-get here, using the tools that are there"; return; }
  missing=$(missing_debian)
  [ -n "$missing" ] || { echo "install: Debian packages are there"; return; }
  [ "$(id -u)" = 0 ] || { echo "install: not root, missing: $missing"; return; }
  echo "install: $missing"
  apt-get update -q >/dev/null || echo "install: package lists not refreshed"
  for p in $missing; do
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$p" >/dev/null ||
      echo "install: no $p here, its checks say so"
  done
}

install_npm() {
  [ -n "$npm" ] || return 0
  command -v npm >/dev/null || { echo "install: no npm here"; return; }
  # shellcheck disable=SC2086 # a list of words
  npm install --prefix .ci --no-save --no-audit --no-fund --silent $npm || echo "install: npm failed"
}

install_debian
install_npm
