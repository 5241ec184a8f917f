# shellcheck shell=bash
# What the scripts that try packages have in common. Sourced, with what is tried in `part`.

fail() {
    # shellcheck disable=SC2154  # whoever sources this names it
    printf '%s: %s\n' "$part" "$*" >&2
    exit 1
}

# wait_for WORDS COMMAND…: until the command succeeds, for a minute.
wait_for() {
    local words=$1
    shift
    for _ in $(seq 600); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    fail "not in time: $words"
}

# serve PROGRAM FOLDER: starts the look-alike of Duo, process $look_alike; what it says goes to FOLDER.
serve() {
    served=$2/served
    "$1" demo --serve 127.0.0.1:0 >"$served" 2>"$served.err" &
    # shellcheck disable=SC2034
    look_alike=$!
    wait_for "the look-alike" grep -q '^CA file' "$served"
}

# told WHAT: what the look-alike said of itself.
told() { sed -n "s/^$1  *//p" "$served"; }

# settle FOLDER: settings in FOLDER that lead to the look-alike.
settle() {
    mkdir -p "$1"
    cp "$(told 'CA file')" "$1/ca.pem"
    cat >"$1/settings.toml" <<SETTINGS
version = 1

[[account]]
name = "Contoso"
integration_key = "$(told 'Integration key')"
api_hostname = "$(told 'API hostname')"

[network]
ca_file = "ca.pem"

[collection]
pace = "unlimited"
SETTINGS
}

# The processes that collect.
collectors() { grep -lzx 'collec[t]' /proc/[0-9]*/cmdline 2>/dev/null | grep -o '[0-9]*' || true; }
