#!/bin/bash
# In the bare Debian, as a user without rights and with nothing installed: the tarball is unpacked into a
# folder with a blank and a letter beyond ASCII in its name, and the program runs from there. Called by
# scripts/check-packages.sh; /w holds the tarball and common.sh.

set -euo pipefail
exec </dev/null

part=tarball
# shellcheck source=scripts/packages/common.sh
. /w/common.sh

useradd --create-home bob
place='/home/bob/My Büro'
install -d -o bob -g bob "$place"
as_bob() { setpriv --reuid=bob --regid=bob --init-groups --no-new-privs env HOME=/home/bob USER=bob "$@"; }
as_bob tar -C "$place" -xzf /w/*.tar.gz
program=$(echo "$place"/duo-integrator-*/duo-integrator)
as_bob "$program" --version >/dev/null || fail "it does not start"
as_bob "$program" demo --headless >/tmp/log 2>&1 || fail "the demo does not work: $(cat /tmp/log)"
code=0
as_bob "$program" >/tmp/log 2>&1 || code=$?
[ $code = 4 ] || fail "without a display it ends with $code and not 4: $(cat /tmp/log)"
for file in INSTALL.txt LICENSE-MIT README.md share/man/man1/duo-integrator.1.gz share/applications/duo-integrator.desktop; do
    [ -s "${program%/*}/$file" ] || fail "there is no $file in it"
done
zgrep -q '^MIT License' "${program%/*}/licenses-of-libraries.txt.gz" || fail "the licenses of libraries have no texts"
