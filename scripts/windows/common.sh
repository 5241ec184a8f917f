# shellcheck shell=bash
# What the scripts in the room have in common. Sourced, in /w.

# INTEGRATION_KEY, SECRET_KEY and API_HOSTNAME of the look-alike.
# shellcheck source=/dev/null
. ./values

# Where the program keeps its things for this user, seen from Linux.
# shellcheck disable=SC2034  # used by those who source this
APPLICATION=$WINEPREFIX/drive_c/users/root/AppData/Local/duo-integrator

failures=0

# Wine asks for it; what is there belongs to this run.
export XDG_RUNTIME_DIR=/tmp/runtime
mkdir -m 700 "$XDG_RUNTIME_DIR"

step() { printf '\n== %s\n' "$*"; }

# The Windows program; it gets what the caller gives it on its input and nothing else.
program() { timeout 60 wine 'Z:\w\duo-integrator.exe' "$@"; }

lacks() { [ -s "$2" ] && ! grep -qF -e "$1" "$2"; }
fails() { ! "$@"; }

# check SENTENCE COMMAND…: whether the sentence is true.
check() {
    local sentence=$1
    shift
    if "$@" >check.out 2>&1 </dev/null; then
        printf '   ok      %s\n' "$sentence"
    else
        printf '   FAILED  %s\n' "$sentence"
        head -c 2000 check.out
        failures=$((failures + 1))
    fi
}

# until_so SENTENCE SECONDS COMMAND…: whether the sentence becomes true in time.
until_so() {
    local sentence=$1 end=$((SECONDS + $2))
    shift 2
    until "$@" >/dev/null 2>&1 </dev/null || [ $SECONDS -ge $end ]; do sleep 0.5; done
    check "$sentence" "$@"
}

finish() {
    # Wine keeps the Credential Manager in its registry, which it saves when it ends.
    wineserver -k || true
    [ $failures = 0 ] || {
        printf '\n%s failed\n' $failures
        exit 1
    }
}

no_secret_in_files() { [ -s "$APPLICATION/config/settings.toml" ] && ! grep -rqF -e "$SECRET_KEY" "$APPLICATION"; }

collector_is() { program status --json 2>/dev/null | jq -e --arg word "$1" '.collector == $word'; }

# Wine's Credential Manager is this key; a value holds the secret, encrypted.
credential_is_stored() {
    wine reg query 'HKCU\Software\Wine\Credential Manager' /s 2>/dev/null | tr -d '\0' | grep -qF "$INTEGRATION_KEY"
}

# A screen under a free number; with the settings of the room Wine shows a desktop with a taskbar.
start_screen() {
    local number
    exec 3< <(exec Xvfb -displayfd 1 -screen 0 1280x800x24 -nolisten tcp 2>/dev/null)
    read -r number <&3
    export DISPLAY=:$number
}

window_is_there() { xdotool search --onlyvisible --name "^$1\$"; }

shot() {
    mkdir -p screenshots
    import -window root "screenshots/$1.png"
}
