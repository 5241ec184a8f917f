#!/usr/bin/env bash
# Lets Sigma's own tool read all rules of the knowledge pack, or the files and folders named.
#
#   scripts/check-rules-with-sigma.sh              checks the rules of the program's own pack
#   scripts/check-rules-with-sigma.sh my-rules/    checks others
#   scripts/check-rules-with-sigma.sh --prepare    only fetches the tool
#
# Promises: any rule the tool does not accept, or has the least objection to, makes this fail and is
# named; the tool lies in target/sigma-venv, in fixed versions, and is fetched once.
#
# Two of its checks are left out, because they download MITRE's lists each time they run.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

VENV=target/sigma-venv
PACKAGES=(pysigma==1.5.1 sigma-cli==3.1.0)

# shellcheck source=scripts/python-tools.sh
. scripts/python-tools.sh

prepare_python
if [ "${1:-}" = --prepare ]; then exit; fi
[ $# -gt 0 ] || set -- assets/knowledge/duo/rules

status=0
for what in "$@"; do
    "$VENV/bin/sigma" check --fail-on-error --fail-on-issues \
        --exclude attacktag --exclude d3_fendtag "$what" </dev/null || status=1
done
[ $status = 0 ] || fail "the lines above name the rules that Sigma's own tool does not accept"
