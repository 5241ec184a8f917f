#!/bin/bash
# In a bare Debian that systemd has booted: the service as docs/servers.md sets it up, with its secret key
# encrypted for the machine, and killed; the unit for a user who is not logged in; both upgraded while they
# collect, and removed. Called by scripts/check-packages.sh; /w holds previous.deb, new.deb and common.sh.

set -euo pipefail
exec </dev/null

part=systemd
# shellcheck source=scripts/packages/common.sh
. /w/common.sh
quietly() { "$@" >/tmp/log 2>&1 || fail "$* failed: $(cat /tmp/log)"; }
# What the journal says of a unit goes into the reason.
complain() { fail "$1: $(journalctl --no-pager --quiet --output cat "${@:2}" | tail -n 20)"; }

quietly apt-get install -y -q /w/previous.deb
[ "$(systemctl is-enabled duo-integrator.service || true)" = disabled ] || fail "installing switches the service on"
serve duo-integrator /tmp
key=$(told 'Integration key')
secret=$(told 'Secret key')
home=/var/lib/duo-integrator

# ---- The service --------------------------------------------------------------------------------

install -d -m 700 /etc/credstore.encrypted
printf %s "$secret" | systemd-creds encrypt --name="$key" - "/etc/credstore.encrypted/$key" >/tmp/log 2>&1 ||
    fail "the secret key cannot be encrypted: $(cat /tmp/log)"
version=$(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p')
# Newer ones find the credential by themselves.
if [ "$version" -lt 254 ]; then
    mkdir -p /etc/systemd/system/duo-integrator.service.d
    printf '[Service]\nLoadCredentialEncrypted=%s:/etc/credstore.encrypted/%s\n' "$key" "$key" \
        >/etc/systemd/system/duo-integrator.service.d/override.conf
    systemctl daemon-reload
fi

# The look-alike's authority and pace; the account is added as the document has it.
settle /tmp/settings
sed -i '/^\[\[account/,/^$/d' /tmp/settings/settings.toml
install -d -o duo-integrator -g duo-integrator -m 700 "$home/config"
install -o duo-integrator -g duo-integrator -m 600 /tmp/settings/* "$home/config/"
quietly systemd-run --pipe --wait --collect -p User=duo-integrator \
    -p "LoadCredentialEncrypted=$key:/etc/credstore.encrypted/$key" \
    duo-integrator --home "$home" account add --name Contoso --integration-key "$key" \
    --api-hostname "$(told 'API hostname')"
quietly systemctl enable --now duo-integrator

as_service() { runuser -u duo-integrator -- duo-integrator --home "$home" "$@"; }
all_is_current() { [ "$(as_service status --json | grep -c '"state": "current"')" = 6 ]; }
main() { systemctl show --property MainPID --value duo-integrator; }
works() { as_service status --check; }
(wait_for "everything is collected" all_is_current) || complain "the service" --unit duo-integrator
[ "$(stat -c %U "/proc/$(main)")" = duo-integrator ] || fail "the service runs as $(stat -c %U "/proc/$(main)")"
kept_in() { grep -qx "$1" "/proc/$(main)/status" || fail "the service is not confined: $(grep "^${1%%:*}" "/proc/$(main)/status")"; }
kept_in 'NoNewPrivs:.1'
kept_in 'Seccomp:.2'
kept_in 'CapBnd:.0*'
! grep -rqF "$secret" "$home" || fail "the secret key is in a file of the service"
records() { as_service event list | sort; }
records >/tmp/before

before=$(main)
kill -KILL "$before"
is_another() { [ "$(main)" != 0 ] && [ "$(main)" != "$before" ] && works; }
wait_for "it comes back after a crash" is_another

# ---- A user's own -------------------------------------------------------------------------------

useradd --create-home alice
settle /home/alice/.config/duo-integrator
printf %s "$secret" >/home/alice/key
install -d /home/alice/.config/systemd/user/duo-integrator.service.d
printf '[Service]\nLoadCredential=%s:%%h/key\n' "$key" >/home/alice/.config/systemd/user/duo-integrator.service.d/override.conf
chown -R alice: /home/alice
quietly loginctl enable-linger alice
of_alice() { systemctl --user --machine=alice@.host "$@"; }
wait_for "alice's systemd" of_alice show --property Version
quietly of_alice enable --now duo-integrator
as_alice() { runuser -u alice -- env XDG_RUNTIME_DIR="/run/user/$(id -u alice)" duo-integrator "$@"; }
hers_is_current() { [ "$(as_alice status --json | grep -c '"state": "current"')" = 6 ]; }
(wait_for "alice's collector" hers_is_current) || complain "alice's collector" "_UID=$(id -u alice)"

# ---- An upgrade of both --------------------------------------------------------------------------

before=$(main)
hers() { of_alice show --property MainPID --value duo-integrator; }
hers_before=$(hers)
quietly apt-get install -y -q /w/new.deb
(wait_for "the new version" is_another) || complain "the new version" --unit duo-integrator
hers_is_another() { [ "$(hers)" != 0 ] && [ "$(hers)" != "$hers_before" ] && as_alice status --check; }
(wait_for "alice's new version" hers_is_another) || complain "alice's new version" "_UID=$(id -u alice)"
for process in $(collectors); do
    [ "$(readlink "/proc/$process/exe")" = /usr/bin/duo-integrator ] || fail "the old version still runs"
done
[ "$(collectors | wc -w)" = 2 ] || fail "there are not two collectors: $(collectors)"
wait_for "everything is collected" all_is_current
records >/tmp/after
[ -z "$(comm -23 /tmp/before /tmp/after)" ] || fail "records are gone after the upgrade"
[ -z "$(uniq -d /tmp/after)" ] || fail "records are there twice after the upgrade"

# ---- Removal ------------------------------------------------------------------------------------

quietly apt-get remove -y -q duo-integrator
is_gone() { [ -z "$(collectors)" ]; }
wait_for "all collectors end" is_gone
[ -s "$home/data/events.db" ] || fail "the records are gone"

printf 'systemd %s, %s records before the upgrade, %s after it, none lost or twice\n' \
    "$version" "$(wc -l </tmp/before)" "$(wc -l </tmp/after)" >/w/systemd.facts
