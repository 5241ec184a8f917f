#!/bin/bash
# On a Mac: runs the collector without anybody logged in, or takes that back.
#
#   sudo daemon.sh install    the user _duointegrator, its home and the LaunchDaemon; run it again after an upgrade
#   sudo daemon.sh remove     the LaunchDaemon and the user; what was collected stays
#
# After the installation, put each secret into a file and add the account:
#
#   home="/Library/Application Support/duo-integrator"
#   sudo install -o _duointegrator -m 400 /dev/stdin "$home/credentials/DIXXXXXXXXXXXXXXXXXX" <<<"the secret key"
#   sudo -u _duointegrator env CREDENTIALS_DIRECTORY="$home/credentials" \
#       "/Applications/Duo Security Integrator.app/Contents/MacOS/duo-integrator" --home "$home" account add …
#
# Not tried: there was no Mac where this was written. macOS has bash 3.2, so nothing newer is used.
# Sources: man 1 dscl, man 1 launchctl.

set -euo pipefail

user=_duointegrator
home="/Library/Application Support/duo-integrator"
label=com.duo-integrator.collector
place=/Library/LaunchDaemons/$label.plist

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

[ "$(uname -s)" = Darwin ] || fail "This is for macOS; on Linux use the unit duo-integrator.service"
[ "$(id -u)" = 0 ] || fail "This needs root: sudo $0 ${1:-install|remove}"

# The first number under 500 that neither a user nor a group has: those below belong to the system.
free_number() {
    local number
    for number in $(seq 400 499); do
        if ! dscl . -search /Users UniqueID "$number" | grep -q . && ! dscl . -search /Groups PrimaryGroupID "$number" | grep -q .; then
            echo "$number"
            return
        fi
    done
    return 1
}

make_user() {
    local number
    ! dscl . -read "/Users/$user" >/dev/null 2>&1 || return 0
    number=$(free_number) || fail "There is no free number for the user $user"
    dscl . -create "/Groups/$user"
    dscl . -create "/Groups/$user" PrimaryGroupID "$number"
    dscl . -create "/Users/$user"
    dscl . -create "/Users/$user" UniqueID "$number"
    dscl . -create "/Users/$user" PrimaryGroupID "$number"
    dscl . -create "/Users/$user" RealName "Duo Security Integrator"
    dscl . -create "/Users/$user" NFSHomeDirectory "$home"
    dscl . -create "/Users/$user" UserShell /usr/bin/false
    dscl . -create "/Users/$user" IsHidden 1
}

case "${1:-}" in
install)
    make_user
    install -d -o "$user" -g "$user" -m 700 "$home" "$home/credentials"
    launchctl bootout "system/$label" 2>/dev/null || true
    install -o root -g wheel -m 644 "$(dirname "$0")/$label.plist" "$place"
    launchctl bootstrap system "$place"
    ;;
remove)
    launchctl bootout "system/$label" 2>/dev/null || true
    rm -f "$place"
    dscl . -delete "/Users/$user" 2>/dev/null || true
    dscl . -delete "/Groups/$user" 2>/dev/null || true
    echo "What was collected stays, in $home" >&2
    ;;
*) fail "usage: sudo $0 install|remove" ;;
esac
