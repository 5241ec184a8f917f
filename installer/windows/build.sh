#!/usr/bin/env bash
# Makes what Windows users download from a program for Windows: two packages for Windows Installer and
# a portable zip.
#
#   installer/windows/build.sh PROGRAM.exe [FOLDER] [VERSION]
#
# FOLDER (default target/packages) gets
#
#   duo-integrator-VERSION-x64.msi         for a whole computer; needs an administrator
#   duo-integrator-VERSION-x64-user.msi    for one user; needs nobody
#   duo-integrator-VERSION-x64.zip         the program alone, to run from any folder
#
# Needs wixl (Debian: wixl) and python3. Nothing is signed here: with a code-signing certificate,
# signtool (Windows) or osslsigncode signs first PROGRAM.exe and then each package. VERSION is Cargo.toml's unless given: three numbers, of which Windows Installer
# compares all.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec </dev/null

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

[ $# -ge 1 ] || fail "usage: installer/windows/build.sh PROGRAM.exe [FOLDER] [VERSION]"
program=$1
folder=${2:-target/packages}
version=${3:-$(sed -n 's/^version *= *"\([0-9.]*\).*/\1/p' Cargo.toml | head -n 1)}
[ -e "$program" ] || fail "There is no $program"
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "Windows Installer takes versions of three numbers, not $version"
command -v wixl >/dev/null || fail "This needs wixl: apt-get install wixl"

mkdir -p "$folder"
folder=$(realpath "$folder")
source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT
cp "$program" "$source/duo-integrator.exe"
cp assets/icon/duo-integrator.ico "$source/"
# Windows' own editor shows lines since 2018 whichever way they end; older ones do not.
for name in LICENSE-MIT LICENSE-APACHE; do
    sed 's/$/\r/' "$name" >"$source/$name.txt"
done
gunzip -c assets/licenses.txt.gz | sed 's/$/\r/' >"$source/licenses.txt"

build() {
    wixl -a x64 -D Scope="$1" -D Version="$version" -D Source="$source" \
        -o "$folder/duo-integrator-$version-x64$2.msi" installer/windows/duo-integrator.wxs
}
build machine ""
build user -user

# The same files in, the same zip out: names sorted, one date.
python3 - "$source" "$folder/duo-integrator-$version-x64.zip" <<'PACK'
import pathlib, sys, zipfile

source, target = map(pathlib.Path, sys.argv[1:])
with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as zipped:
    for path in sorted(source.iterdir()):
        if path.suffix == ".ico":
            continue
        entry = zipfile.ZipInfo(path.name, (2020, 1, 1, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        zipped.writestr(entry, path.read_bytes())
PACK

cd "$folder"
ls -l "duo-integrator-$version-x64"*
