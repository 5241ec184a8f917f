#!/usr/bin/env bash
# In the room, against the look-alike: what the program promises on the command line, as a Windows
# program. Only scripts/windows/try.sh starts this.

set -euo pipefail
cd /w
# shellcheck source=scripts/windows/common.sh
. ./scripts/common.sh

step "Validate, store the secret key, write the settings: account add"
program account add --name Wine --integration-key "$INTEGRATION_KEY" --api-hostname "$API_HOSTNAME" \
    --ca-file 'Z:\w\ca.pem' --secret-key-stdin <<<"$SECRET_KEY"
settings=$APPLICATION/config/settings.toml
check "the account is in settings.toml" grep -q "integration_key = \"$INTEGRATION_KEY\"" "$settings"
check "the secret key is in no file of ours" no_secret_in_files

step "Find the secret key in the Credential Manager: account validate"
program account validate --json >validated.json
check "the credentials are accepted" jq -e '.ok' validated.json
check "the Credential Manager has the entry" credential_is_stored

step "Collect: collect --once"
# Courtesy towards Duo would only make this slow.
sed -i 's/^\( *pace = \).*/\1"unlimited"/' "$settings"
grep -q '^pace' "$settings" || printf '\n[collection]\npace = "unlimited"\n' >>"$settings"
program collect --once --json >collected.json
check "all six logs were collected" \
    jq -e '[.log_types[] | select(.error == null and .stored > 0)] | length == 6' collected.json
program status --json >status.json
# shellcheck disable=SC2016  # the variable is jq's
check "status counts what was stored" jq -e --slurpfile collected collected.json \
    '[.accounts[].log_types[].records] | add == ([$collected[0].log_types[].stored] | add)' status.json
program event list >events.jsonl
check "event list shows each record once" \
    test "$(wc -l <events.jsonl)" = "$(jq '[.accounts[].log_types[].records] | add' status.json)"
check "each record is JSON" jq -e -s 'length > 0' events.jsonl
program audit --json >audit.json
check "nothing is missing by Duo's own counts" \
    jq -e 'length > 0 and all(.[]; .state == "complete" or .state == "unknown")' audit.json

step "A collector in the background: collect"
program collect --no-tray >collector.out 2>&1 &
until_so "status tells that it runs" 30 collector_is "running"
if program collect --no-tray 2>second.err; then code=0; else code=$?; fi
check "a second collector says so and ends with code 3" test "$code" = 3
cat second.err

step "Remove the account: account remove"
program account remove Wine
check "the account is gone from settings.toml" lacks "$INTEGRATION_KEY" "$settings"
check "the Credential Manager has no entry any more" fails credential_is_stored
finish
