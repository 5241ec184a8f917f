#!/usr/bin/env bash
# In the room, against the look-alike: the service for servers, as far as Wine's manager of services goes.
# Only scripts/windows/try.sh starts this.
#
# Not to be seen under Wine: the account (all services are root here), permissions of the home, and the
# restart after a failure.

set -euo pipefail
cd /w
# shellcheck source=scripts/windows/common.sh
. ./scripts/common.sh

home='C:\ProgramData\duo-integrator'
folder=$WINEPREFIX/drive_c/ProgramData/duo-integrator
service_is() { program service status --json | jq -e --arg word "$1" '.service == $word'; }
stored() { program --home "$home" status --json 2>/dev/null | jq -e '[.accounts[].log_types[].records] | add > 0'; }
in_registry() { wine reg query 'HKLM\System\CurrentControlSet\Services\duo-integrator' 2>/dev/null | tr -d '\0' | grep -F -e "$1"; }

# Wine's computer goes down with its last program, and comes up with the next: that would start the service in
# between. This one keeps it up.
sleep 600 | wine cmd /c 'set /p x=' >/dev/null 2>&1 &

step "Without a service"
check "status says so" service_is not_installed
check "starting it fails" fails program service start
check "removing it is no error" program service remove
check "an installer may ask to resume it" program service resume

step "Install"
program service install
check "status says that it is stopped" service_is stopped
check "it starts with the computer" in_registry 0x2
check "it runs as LocalService" in_registry 'NT AUTHORITY\LocalService'
check "it knows its home" in_registry "$home"
check "installing it again is no error" program service install

step "An account, and the start"
# The secret key is only in this environment: what the service knows of it later it was handed.
program --home "$home" account add --name Wine --integration-key "$INTEGRATION_KEY" --api-hostname "$API_HOSTNAME" \
    --ca-file 'Z:\w\ca.pem' --secret-key-stdin <<<"$SECRET_KEY"
# Wine has one Credential Manager for all: take it out again, so that handing over has to put it there.
wine reg delete 'HKCU\Software\Wine\Credential Manager' /f >/dev/null 2>&1 || true
check "the Credential Manager is empty" fails credential_is_stored
DUO_INTEGRATOR_SECRET_KEY=$SECRET_KEY program service start
check "status says that it runs" service_is running
check "the Credential Manager has what was handed over" credential_is_stored
check "the secret key is in no file of the service" fails grep -rqF -e "$SECRET_KEY" "$folder"
check "the secret key is not in the registry of services" fails in_registry "$SECRET_KEY"
until_so "records arrive" 60 stored
check "starting it again is no error" program service start

step "Stop and start"
program service stop
check "status says that it is stopped" service_is stopped
check "its collector has ended" test "$(program --home "$home" status --json | jq -r .collector)" = stopped
program service start
check "it runs again, with the secret key it kept" service_is running
collecting() { program --home "$home" status --json | jq -e '.collector == "running" and all(.accounts[].log_types[]; .state != "failing")'; }
until_so "it collects" 30 collecting

# What a failure above needs to be understood; it goes with the home.
[ $failures = 0 ] || head -n 20 "$folder"/state/logs/*

step "Remove"
program service remove
check "status says that there is none" service_is not_installed
check "what it collected stays" test -s "$folder/data/events.db"
program service install
program service remove --delete-data
check "or goes, as asked" fails test -e "$folder"
check "with its secret key" fails credential_is_stored
finish
