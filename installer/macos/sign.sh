#!/bin/bash
# Signs the app, has Apple notarize it, and packs it. Without that, macOS opens a downloaded app only after a
# person has allowed it in System Settings, Privacy & Security.
#
#   installer/macos/sign.sh "target/packages/Duo Security Integrator.app"
#
# What it needs, from the environment; it stores none of it, and prints none of it:
#
#   SIGNING_IDENTITY      the name of a "Developer ID Application" certificate in the keychain, such as
#                         "Developer ID Application: Example, Inc. (TEAMID1234)"; needs a membership in
#                         Apple's Developer Program
# and one of
#   NOTARY_PROFILE        what "xcrun notarytool store-credentials NAME" keeps in the keychain: best at a desk
#   NOTARY_KEY, NOTARY_KEY_ID, NOTARY_ISSUER
#                         the file of an App Store Connect API key, its id and its issuer: best in a workflow
#
# Result: FOLDER/duo-integrator-VERSION-macos.zip beside the app, with the ticket stapled to the app. Not tried:
# there was neither a Mac nor a certificate where this was written.
# Source: https://developer.apple.com/documentation/security/customizing-the-notarization-workflow

set -euo pipefail
exec </dev/null
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

app=${1:-}
[ -d "$app/Contents/MacOS" ] || fail "usage: installer/macos/sign.sh \"…/Duo Security Integrator.app\""
[ "$(uname -s)" = Darwin ] || fail "Signing needs a Mac with Xcode's command line tools"
[ -n "${SIGNING_IDENTITY:-}" ] || fail "SIGNING_IDENTITY is not set: the name of a Developer ID Application certificate"
if [ -n "${NOTARY_PROFILE:-}" ]; then
    notary=(--keychain-profile "$NOTARY_PROFILE")
elif [ -n "${NOTARY_KEY:-}" ] && [ -n "${NOTARY_KEY_ID:-}" ] && [ -n "${NOTARY_ISSUER:-}" ]; then
    notary=(--key "$NOTARY_KEY" --key-id "$NOTARY_KEY_ID" --issuer "$NOTARY_ISSUER")
else
    fail "Notarizing needs NOTARY_PROFILE, or NOTARY_KEY with NOTARY_KEY_ID and NOTARY_ISSUER"
fi

codesign --force --options runtime --timestamp --entitlements "$here/entitlements.plist" \
    --sign "$SIGNING_IDENTITY" "$app"
codesign --verify --strict --verbose=2 "$app"

version=$(/usr/libexec/PlistBuddy -c 'Print CFBundleShortVersionString' "$app/Contents/Info.plist")
packed=$(dirname "$app")/duo-integrator-$version-macos.zip
rm -f "$packed"
ditto -c -k --keepParent "$app" "$packed"
xcrun notarytool submit "$packed" "${notary[@]}" --wait
xcrun stapler staple "$app"
spctl --assess --type execute --verbose=2 "$app"
# Again, with the ticket in it.
rm -f "$packed"
ditto -c -k --keepParent "$app" "$packed"
ls -l "$packed"
