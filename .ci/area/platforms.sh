#!/usr/bin/env bash
# platforms.sh runs the command for linux/arm64 under QEMU and for windows/amd64 under
# Wine. There is no emulator for the other targets, which the quick tier builds.
set -euo pipefail
work=$(mktemp -d)
trap 'stop; rm -rf "$work"' EXIT
export WINEPREFIX=$work/wine WINEDEBUG=-all
wine=/usr/lib/wine/wine64
stop() { [ ! -d "$WINEPREFIX" ] || WINEPREFIX=$WINEPREFIX /usr/lib/wine/wineserver -k >/dev/null 2>&1 || :; }

# want NAME STATUS TEXT ARGUMENT... runs the command and prints a row. It fails unless
# the exit status is STATUS and the standard output contains TEXT.
failed=0
want() {
  local name=$1 status=$2 text=$3 got=0 out result=ok start=$SECONDS
  shift 3
  out=$(cd "$folder" && timeout 300 env -i PATH="$PATH" HOME="$work/home" WINEPREFIX="$WINEPREFIX" WINEDEBUG=-all \
    DB_URL=postgres://app:s3cret@localhost/app "${run[@]}" "$@" 2>"$work/stderr") || got=$?
  if [ $got -ne "$status" ] || [[ $out != *"$text"* ]]; then
    result=FAILED failed=1
    printf '%s: exit status %d, want %d, and "%s" in:\n%s\n%s\n' "$name" $got "$status" "$text" "$out" "$(cat "$work/stderr")" >&2
  fi
  printf '%-14s %-28s %4d s  %s\n' "$target" "$name" $((SECONDS - start)) "$result"
}

# commands SHELL... runs the commands; SHELL is what runs a line of shell commands.
commands() {
  want version 0 "$target" version
  want 'get, variable' 0 postgres://app:s3cret@localhost/app get DB_URL
  want 'get, .env' 0 long-enough-to-mask get DB_PASSWORD
  want 'get, no such key' 66 '' get NO_SUCH_KEY
  want 'run, output masked' 0 'sees [REDACTED:DB_PASSWORD]' run -- "$@" "echo sees $variable"
  want 'run, exit code' 7 '' run -- "$@" 'exit 7'
  want doctor 0 'every module passes' doctor
}

# files FOLDER makes the folder in which the commands run.
files() {
  folder=$1
  mkdir -p "$folder"
  echo 'DB_PASSWORD=long-enough-to-mask' >"$folder/.env"
  chmod 600 "$folder/.env"
}

mkdir "$work/home"
CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -o "$work/postern" ./cmd/postern
CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go build -o "$work/postern.exe" ./cmd/postern

files "$work/folder"
target=linux/arm64 run=(qemu-aarch64-static "$work/postern" --timeout 2m) variable='$DB_PASSWORD'
commands sh -c

$wine wineboot --init >/dev/null 2>&1
x86_64-w64-mingw32-gcc -shared -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" testdata/platforms/bcryptprimitives.c -ladvapi32
files "$WINEPREFIX/drive_c/folder" # everybody may change the folder of temporary files
target=windows/amd64 run=("$wine" "$work/postern.exe" --timeout 2m) variable='%DB_PASSWORD%'
commands cmd /c
echo 'providers: { env: { module: env, grant: { env: [DB_URL] } } }' >"$folder/c.yaml"
want 'doctor, owners' 0 'only administrators and this user can change it, going by owner and access list' -c c.yaml doctor
want 'doctor, access list' 0 'its access list gives access to its owner' doctor
chmod 666 "$folder/.env"
want 'get, .env of everybody' 78 '' get DB_PASSWORD
CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go test -c -o "$work/safefile.exe" ./runtime/safefile
run=("$wine" "$work/safefile.exe")
want 'access lists' 0 '--- PASS: TestAccessListsOfFiles' -test.v -test.run '^TestAccess'
.ci/cross.sh --all | sed -n 's/^cross: \([^ ]*\) \(.*\)/\1 builds, \2/p'
exit $failed
