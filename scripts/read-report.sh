#!/usr/bin/env bash
# Lets independent programs read a report: Python's csv and html, openpyxl and pypdf.
#
#   scripts/read-report.sh FILE        prints as JSON what they found in it
#   scripts/read-report.sh --prepare   only fetches them
#
# Promises: they lie in target/reports-venv, in fixed versions, and are fetched once.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VENV=target/reports-venv
PACKAGES=(openpyxl==3.1.5 pypdf==7.1.0)

fail() {
    printf 'read-report: %s\n' "$*" >&2
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
'') fail "name a file or --prepare" ;;
*) exec "$VENV/bin/python" tests/independent/read_report.py "$1" ;;
esac
