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

# shellcheck source=scripts/python-tools.sh
. scripts/python-tools.sh

prepare_python
case "${1:-}" in
--prepare) ;;
'') fail "name a file or --prepare" ;;
*) exec "$VENV/bin/python" tests/independent/read_report.py "$1" ;;
esac
