# shellcheck shell=bash
# Python programs that check what this one makes. Sourced, with the folder they lie in named in VENV and what
# is fetched, in fixed versions, in PACKAGES.

fail() {
    printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2
    exit 1
}

# Fetches them, unless they are there.
prepare_python() {
    # shellcheck disable=SC2153  # whoever sources this names them
    if [ "$(cat "$VENV/packages" 2>/dev/null)" = "${PACKAGES[*]}" ]; then return; fi
    rm -rf "$VENV"
    mkdir -p target
    python3 -m venv "$VENV" >/dev/null ||
        fail "Python 3 with its module venv is needed (Debian and Ubuntu: python3-venv); install it, then try again"
    timeout 300 "$VENV/bin/python" -m pip install -qq --no-input --disable-pip-version-check --retries 2 \
        "${PACKAGES[@]}" </dev/null >&2 ||
        fail "what checks could not be fetched (${PACKAGES[*]}); the first time this needs the network and Python 3.10 or newer"
    # Written last: what was interrupted is made anew.
    printf '%s' "${PACKAGES[*]}" >"$VENV/packages"
}
