#!/usr/bin/env bash
# Lets independent readers take apart what this program writes in other formats.
#
#   … | scripts/check-formats.sh ocsf        events against OCSF's published schema
#   … | scripts/check-formats.sh cef         CEF, by its specification and by pycef
#   … | scripts/check-formats.sh leef        LEEF, by its specification
#   … | scripts/check-formats.sh csv         CSV, by Python's own reader
#   scripts/check-formats.sh --prepare       only fetches the readers
#
# Promises: whatever a reader objects to makes this fail and is named; the readers lie in
# target/formats-venv, in fixed versions, and are fetched once.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VENV=target/formats-venv
PACKAGES=(jsonschema==4.26.0 ocsf-json-schema==1.2.0 pycef==1.11 pydantic-ocsf==3.0.0)

fail() {
    printf 'check-formats: %s\n' "$*" >&2
    exit 1
}

prepare() {
    if [ "$(cat "$VENV/packages" 2>/dev/null)" = "${PACKAGES[*]}" ]; then return; fi
    rm -rf "$VENV"
    mkdir -p target
    python3 -m venv "$VENV" >/dev/null ||
        fail "Python 3 with its module venv is needed (Debian and Ubuntu: python3-venv); install it, then try again"
    timeout 300 "$VENV/bin/python" -m pip install -qq --no-input --disable-pip-version-check --retries 2 \
        "${PACKAGES[@]}" </dev/null >&2 ||
        fail "the readers could not be fetched (${PACKAGES[*]}); the first time this needs the network and Python 3.10 or newer"
    # Written last: what was interrupted is made anew.
    printf '%s' "${PACKAGES[*]}" >"$VENV/packages"
}

prepare
case "${1:-}" in
--prepare) ;;
ocsf | csv) exec "$VENV/bin/python" "tests/independent/check_$1.py" ;;
cef | leef) exec "$VENV/bin/python" tests/independent/check_keys.py "$1" ;;
*) fail "say ocsf, cef, leef, csv or --prepare" ;;
esac
