#!/bin/bash
# Makes "Duo Security Integrator.app" from programs for macOS.
#
#   installer/macos/bundle.sh FOLDER BINARY [BINARY]
#
# With two binaries, one for each processor, they become one for both (a universal binary, by lipo or
# llvm-lipo). How to get them, on a Mac:
#
#   for target in aarch64-apple-darwin x86_64-apple-darwin; do
#       rustup target add $target
#       MACOSX_DEPLOYMENT_TARGET=11.0 cargo build --release --locked --target $target
#   done
#   installer/macos/bundle.sh target/packages target/{aarch64,x86_64}-apple-darwin/release/duo-integrator
#
# FOLDER gets the app. Signing it is installer/macos/sign.sh's. The layout can be made and checked on Linux too
# (scripts/check-macos-bundle.py). macOS has bash 3.2, so nothing newer is used.
# Source: https://developer.apple.com/documentation/bundleresources/placing-content-in-a-bundle

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec </dev/null

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

[ $# = 2 ] || [ $# = 3 ] || fail "usage: installer/macos/bundle.sh FOLDER BINARY [BINARY]"
folder=$1
shift
for binary; do [ -f "$binary" ] || fail "There is no $binary"; done
version=$(sed -n 's/^version *= *"\([0-9.]*\).*/\1/p' Cargo.toml | head -n 1)

app="$folder/Duo Security Integrator.app"
rm -rf "$app"
mkdir -p "$app/Contents/MacOS" "$app/Contents/Resources"
if [ $# = 2 ]; then
    lipo=$(command -v lipo || command -v llvm-lipo) || fail "This needs lipo, of Xcode's command line tools"
    "$lipo" -create -output "$app/Contents/MacOS/duo-integrator" "$1" "$2"
else
    cp "$1" "$app/Contents/MacOS/duo-integrator"
fi
chmod 755 "$app/Contents/MacOS/duo-integrator"
sed "s/VERSION/$version/" installer/macos/Info.plist | grep -v '^<!-- installer\|^     Source' >"$app/Contents/Info.plist"
printf 'APPL????' >"$app/Contents/PkgInfo"
cp assets/icon/duo-integrator.icns LICENSE-MIT LICENSE-APACHE "$app/Contents/Resources/"
gunzip -c assets/licenses.txt.gz >"$app/Contents/Resources/licenses.txt"
# For whoever manages Macs: at login for everybody, and without a login.
cp installer/macos/duo-integrator.plist installer/macos/com.duo-integrator.collector.plist installer/macos/daemon.sh \
    "$app/Contents/Resources/"
find "$app" -type d -exec chmod 755 {} +
