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

# shellcheck source=scripts/python-tools.sh
. scripts/python-tools.sh

prepare_python
case "${1:-}" in
--prepare) ;;
ocsf | csv) exec "$VENV/bin/python" "tests/independent/check_$1.py" ;;
cef | leef) exec "$VENV/bin/python" tests/independent/check_keys.py "$1" ;;
*) fail "say ocsf, cef, leef, csv or --prepare" ;;
esac
