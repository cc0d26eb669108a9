#!/bin/sh
# build.sh makes the .wasm files of this folder from their text with wat2wasm 1.0.32.
set -eu
cd "$(dirname "$0")"
for text in *.wat; do
  wat2wasm -o "${text%.wat}.wasm" "$text"
done
