#!/bin/bash
# In the bare Debian: the package of a previous version is installed with what it depends on, the program
# works, a collector that runs survives the upgrade without losing or repeating a record, and removal
# leaves nothing but what users own. Called by scripts/check-packages.sh; /w holds previous.deb, new.deb and common.sh.

set -euo pipefail
exec </dev/null

part=deb
# shellcheck source=scripts/packages/common.sh
. /w/common.sh
quietly() { "$@" >/tmp/log 2>&1 || fail "$* failed: $(cat /tmp/log)"; }

apt-get update -qq >/dev/null 2>&1 || true
quietly apt-get install -y -q /w/previous.deb
for tool in cc gcc ld make cargo rustc; do
    ! command -v "$tool" >/dev/null || fail "$tool came with the package"
done
quietly dpkg --audit
[ ! -s /tmp/log ] || fail "$(cat /tmp/log)"
! ldd /usr/bin/duo-integrator | grep 'not found' || fail "a library is missing"

# ---- The program works --------------------------------------------------------------------------

quietly duo-integrator --version
quietly duo-integrator demo --headless
code=0
duo-integrator >/tmp/log 2>&1 || code=$?
[ $code = 4 ] || fail "without a display it ends with $code and not 4: $(cat /tmp/log)"

# What is listed when somebody presses Tab.
# shellcheck disable=SC1091
completed=$(. /usr/share/bash-completion/completions/duo-integrator
    COMP_WORDS=(duo-integrator acc) COMP_CWORD=1
    $(complete -p duo-integrator | sed 's/.*-F \([^ ]*\).*/\1/') duo-integrator acc duo-integrator
    printf '%s' "${COMPREPLY[*]}")
[ "$completed" = account ] || fail "bash completes \"acc\" to \"$completed\""

# ---- A window on the screen that this machine lent ----------------------------------------------

useradd --create-home alice
as_alice() { setpriv --reuid=alice --regid=alice --init-groups env HOME=/home/alice USER=alice "$@"; }
if [ -n "${SCREEN:-}" ]; then
    as_alice env DISPLAY="$SCREEN" duo-integrator demo >/tmp/window.log 2>&1 &
    window=$!
    : >/w/window-begun
    wait_for "the window" test -e /w/window-seen
    kill $window
    wait $window 2>/dev/null || true
fi

# ---- A collector that runs is replaced ----------------------------------------------------------

serve duo-integrator /tmp
settle /home/alice/.config/duo-integrator
chown -R alice: /home/alice/.config
export DUO_INTEGRATOR_SECRET_KEY
DUO_INTEGRATOR_SECRET_KEY=$(told 'Secret key')
all_is_current() { [ "$(as_alice duo-integrator status --json | grep -c '"state": "current"')" = 6 ]; }
as_alice setsid --fork duo-integrator collect --no-tray >/dev/null 2>&1
wait_for "everything is collected" all_is_current
before=$(collectors)
[ "$(wc -w <<<"$before")" = 1 ] || fail "there is not one collector: $before"
records() { as_alice duo-integrator event list 2>/dev/null | sort; }
records >/tmp/before

quietly apt-get install -y -q /w/new.deb
is_replaced() { [ "$(wc -w <<<"$(collectors)")" = 1 ] && [ "$(collectors)" != "$before" ]; }
wait_for "another collector" is_replaced
after=$(collectors)
[ "$(readlink "/proc/$after/exe")" = /usr/bin/duo-integrator ] || fail "the collector is not the new program"
[ "$(stat -c %U "/proc/$after")" = alice ] || fail "the collector is not alice's"
wait_for "it works" as_alice duo-integrator status --check
wait_for "everything is collected" all_is_current
records >/tmp/after
# The look-alike's organization lives on: records may have been added, none may be gone or twice.
[ -z "$(comm -23 /tmp/before /tmp/after)" ] || fail "records are gone after the upgrade"
[ -z "$(uniq -d /tmp/after)" ] || fail "records are there twice after the upgrade"
quietly as_alice duo-integrator audit
! grep -q missing /tmp/log || fail "the audit misses records: $(cat /tmp/log)"

# ---- Removal ------------------------------------------------------------------------------------

apt-get remove -y -q duo-integrator >/tmp/removed 2>&1 || fail "removal failed: $(cat /tmp/removed)"
grep -q 'were left where they are' /tmp/removed || fail "removal does not say what stays"
is_gone() { [ -z "$(collectors)" ]; }
wait_for "the collector ends" is_gone
apt-get purge -y -q duo-integrator >/tmp/log 2>&1 || fail "purging failed: $(cat /tmp/log)"
[ -s /home/alice/.local/share/duo-integrator/events.db ] || fail "the records are gone"
left=$(find /usr /etc /var/lib/dpkg/info -name '*duo-integrator*')
[ -z "$left" ] || fail "left behind: $left"
kill $look_alike 2>/dev/null || true

printf '%s records before the upgrade, %s after it, none lost or twice\n' "$(wc -l </tmp/before)" "$(wc -l </tmp/after)" >/w/deb.facts
