#!/usr/bin/env bash
# Tries the program for Windows on Linux, under Wine, against the look-alike of Duo.
#
#   scripts/windows/try.sh PROGRAM.exe [commands|wizard|installer|service]…
#
# The look-alike is this system's own build of the program, so the two sides are one version.
# Says so and ends well where it cannot be tried. Screenshots go to target/screenshots/windows/.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec </dev/null

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

[ $# -ge 1 ] || fail "usage: scripts/windows/try.sh PROGRAM.exe [commands|wizard|installer|service]…"
program=$1
shift
[ $# -gt 0 ] || set -- commands wizard installer service

unless() {
    say "Not tried under Wine: $*"
    exit 0
}
[ -e "$program" ] || unless "there is no $program, because there is no MinGW-w64"
[ "$(id -u)" = 0 ] || unless "this needs root, to make a small Debian with Wine in it"
command -v debootstrap >/dev/null || unless "this needs debootstrap"

folder=$(mktemp -d)
look_alike=
tidy() {
    [ -z "$look_alike" ] || { kill "$look_alike" && wait "$look_alike"; } 2>/dev/null || true
    rm -rf "$folder"
}
trap tidy EXIT
# Without what only debuggers read, packages of a test build are made in seconds.
x86_64-w64-mingw32-strip -o "$folder/duo-integrator.exe" "$program" 2>/dev/null || cp "$program" "$folder/duo-integrator.exe"
cp -r scripts/windows "$folder/scripts"
# What packages are made of.
mkdir -p "$folder/project/assets"
cp -r installer "$folder/project/"
cp -r assets/icon assets/licenses.txt.gz "$folder/project/assets/"
cp Cargo.toml LICENSE-MIT LICENSE-APACHE "$folder/project/"

say "Building the look-alike"
cargo build --locked --quiet
"${CARGO_TARGET_DIR:-target}/debug/duo-integrator" demo --serve 127.0.0.1:0 >"$folder/served" 2>"$folder/served.err" &
look_alike=$!
for _ in $(seq 100); do
    grep -q '^CA file' "$folder/served" && break
    sleep 0.1
done
told() { sed -n "s/^$1  *//p" "$folder/served"; }
[ -n "$(told 'CA file')" ] || fail "The look-alike did not start: $(cat "$folder/served.err")"
cp "$(told 'CA file')" "$folder/ca.pem"
cat >"$folder/values" <<VALUES
INTEGRATION_KEY='$(told 'Integration key')'
SECRET_KEY='$(told 'Secret key')'
API_HOSTNAME='$(told 'API hostname')'
VALUES

code=0
for part in "$@"; do
    say "Under Wine: the $part"
    scripts/windows/room.sh "$folder" bash "/w/scripts/$part.sh" >&2 || code=1
done
mkdir -p target/screenshots/windows
cp "$folder"/screenshots/*.png target/screenshots/windows/ 2>/dev/null || true
[ $code = 0 ] || fail "The program for Windows does not do all it should under Wine"
say "The program for Windows does what it should under Wine"
