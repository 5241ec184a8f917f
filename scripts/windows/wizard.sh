#!/usr/bin/env bash
# In the room, against the look-alike: from the first start to collecting, as a person does it, with
# real keys in a real window. Only scripts/windows/try.sh starts this.
#
# Nothing tells under Wine what a window shows, so wizard.steps says what to press, and what
# counts is what is there afterwards. Clicks on the tray's icon never arrive under Wine; the
# screenshots show that it is up.

set -euo pipefail
cd /w
# shellcheck source=scripts/windows/common.sh
. ./scripts/common.sh

# A look-alike's certificate is known to no system, so the settings name it before any account.
mkdir -p "$APPLICATION/config"
printf 'version = 1\n\n[network]\nca_file = '"'%s'"'\n\n[collection]\npace = "unlimited"\n' 'Z:\w\ca.pem' \
    >"$APPLICATION/config/settings.toml"

# The end of the taskbar is of one color as long as there is no icon.
tray_has_an_icon() { [ "$(import -window root -crop 200x19+1080+781 -format %k info:-)" -gt 3 ]; }

# Wine gives a console the program's path for a title.
no_console() {
    local id
    for id in $(xdotool search --onlyvisible --name .); do
        case $(xdotool getwindowname "$id") in *duo-integrator.exe*) return 1 ;; esac
    done
}

stop() {
    cat "$APPLICATION"/state/logs/* 2>/dev/null || true
    shot stopped
    finish
}

# Until three pictures in a row are the same.
settle() {
    local end=$((SECONDS + $1)) before='' now same=0
    while [ $same -lt 3 ] && [ $SECONDS -lt $end ]; do
        now=$(import -window root rgb:- | md5sum)
        if [ "$now" = "$before" ]; then same=$((same + 1)); else same=0; fi
        before=$now
        sleep 0.4
    done
}

# One act of wizard.steps.
act() {
    local verb=$1 words=$2
    words=${words//\$INTEGRATION_KEY/$INTEGRATION_KEY}
    words=${words//\$SECRET_KEY/$SECRET_KEY}
    words=${words//\$API_HOSTNAME/$API_HOSTNAME}
    case $verb in
    window)
        until_so "the window opens: $words" 30 window_is_there "$words"
        # Keys without a window would end anywhere.
        [ $failures = 0 ] || stop
        # Wine's desktop gives keys to what was clicked last.
        xdotool search --onlyvisible --name "^$words\$" windowfocus 2>/dev/null || true
        ;;
    paste)
        printf '%s' "$words" | xclip -selection clipboard
        xdotool key --clearmodifiers ctrl+v
        ;;
    type) xdotool type --clearmodifiers --delay 20 -- "$words" ;;
    key)
        local key
        for key in $words; do
            xdotool key --clearmodifiers "$key"
            sleep 0.3
        done
        ;;
    settle) settle "$words" ;;
    shot) shot "$words" ;;
    *)
        echo "no such act in wizard.steps: $verb" >&2
        exit 2
        ;;
    esac
}

start_screen

step "A start that fails, with nobody at a terminal"
DUO_INTEGRATOR_HOME='Z:\w\values' wine start 'Z:\w\duo-integrator.exe'
until_so "a box tells what happened" 30 window_is_there 'Duo Security Integrator'
settle 5
shot box
xdotool key Return
window_process() { pgrep -f 'duo-integrator\.exe"?$'; }
until_so "reading it ends the program" 10 fails window_process

step "The other renderer"
# Wine cannot draw for Direct3D 12. The library behind it can also draw with OpenGL, in this build:
# what tests need compiles that in.
DUO_INTEGRATOR_RENDERER=direct3d WGPU_BACKEND=gl wine start 'Z:\w\duo-integrator.exe' \
    --home 'Z:\w\other-renderer'
until_so "it opens the window" 30 window_is_there 'Duo Security Integrator'
settle 20
shot other-renderer
# shellcheck disable=SC2046  # one process, or none and the check tells
kill $(pgrep -f other-renderer) || true
until_so "the window is gone" 10 fails window_is_there 'Duo Security Integrator'

step "No renderer that can draw"
# Mesa gives itself out as the OpenGL that Windows has without a driver.
MESA_GL_VERSION_OVERRIDE=1.1 wine 'Z:\w\duo-integrator.exe' --home 'Z:\w\other-renderer' \
    2>no-renderer.err && code=0 || code=$?
check "it ends with code 4" test "$code" = 4
check "OpenGL has said why" grep -q 'OpenGL: ' no-renderer.err
check "Direct3D has said why" grep -q 'Direct3D: ' no-renderer.err
cat no-renderer.err

step "The first start: fill in, validate, finish"
# As a double-click does it: nobody's terminal, no arguments.
wine start 'Z:\w\duo-integrator.exe'
while read -r verb words; do
    case $verb in '' | '#'*) ;; *) act "$verb" "$words" ;; esac
done <scripts/wizard.steps
check "no console is beside it" no_console

step "What is there afterwards"
settings=$APPLICATION/config/settings.toml
check "the account is in settings.toml" grep -q "integration_key = \"$INTEGRATION_KEY\"" "$settings"
check "the Credential Manager has the secret key" credential_is_stored
check "the secret key is in no file of ours" no_secret_in_files
stored_secret_is_accepted() { program account validate --json | jq -e '.ok'; }
check "the stored secret key is accepted" stored_secret_is_accepted
collector_process() { pgrep -f 'duo-integrator\.exe"? collect'; }
until_so "the collector is a process of its own" 20 collector_process
until_so "status tells that it runs" 20 collector_is running
stored() { program status --json 2>/dev/null | jq -e '[.accounts[].log_types[].records] | add > 0'; }
until_so "records arrive" 60 stored
starts_at_login() {
    wine reg query 'HKCU\Software\Microsoft\Windows\CurrentVersion\Run' 2>/dev/null | tr -d '\0' | grep -i 'duo-integrator.*collect'
}
check "it starts at login" starts_at_login

until_so "its icon is in the tray" 10 tray_has_an_icon
shot tray

step "The window is killed, the collector stays"
# shellcheck disable=SC2046  # one process, or none and the check tells
kill -KILL $(window_process) || true
until_so "the window is gone" 10 fails window_is_there 'Duo Security Integrator'
check "status still tells that it runs" collector_is running
shot without-window

step "The next login"
wineserver -k
until_so "everything has ended" 10 fails collector_process
wine wineboot >/dev/null 2>&1
until_so "the collector starts by itself" 30 collector_is running
until_so "its icon is in the tray" 10 tray_has_an_icon
check "no console is beside it" no_console
check "the secret key is still there" stored_secret_is_accepted
shot next-login
finish
