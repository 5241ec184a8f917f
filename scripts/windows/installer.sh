#!/usr/bin/env bash
# In the room: the packages for Windows Installer, with the real program in them: built twice under two
# version numbers, installed, upgraded while collecting, removed. Only scripts/windows/try.sh starts this.
#
# Not to be seen under Wine, where removing the old version tells its actions nothing of the upgrade: that a
# service survives an upgrade; and boxes of Windows Installer itself.

set -euo pipefail
cd /w
# shellcheck source=scripts/windows/common.sh
. ./scripts/common.sh
start_screen

step "What the program's file says of itself"
says() { grep -aqF -e "$1" duo-integrator.exe; }
# Texts of the version are in UTF-16.
tells() { python3 -c 'import sys; sys.exit(sys.argv[1].encode("utf-16-le") not in open("duo-integrator.exe", "rb").read())' "$1"; }
check "it is sharp on every screen" says PerMonitorV2
check "it takes paths of any length" says longPathAware
check "it asks for no administrator" says asInvoker
check "it is made for Windows 10 and newer" says 8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a
check "it opens no console of its own" says consoleAllocationPolicy
check "it has a version" tells ProductVersion
check "it has a name" tells "Duo Security Integrator"

step "Build"
(cd project && installer/windows/build.sh /w/duo-integrator.exe /w/packages 0.1.0 >/dev/null &&
    installer/windows/build.sh /w/duo-integrator.exe /w/packages 0.2.0 >/dev/null)
ls -l packages
installer() { timeout 120 wine msiexec "$@"; }
in_registry() { wine reg query "$1" /v "$2" 2>/dev/null | tr -d '\0'; }
version_is() { in_registry "$1\\$(product "$1")" DisplayVersion | grep -qF "$2"; }
# Windows' list of programs names ours by a number that changes with each package.
product() {
    wine reg query "$1" /s 2>/dev/null | tr -d '\0\r' |
        awk '/^HKEY/ { key = $0 } /DisplayName.*Duo Security Integrator/ { sub(/.*\\/, "", key); print key; exit }'
}
# Under Wine, also what is installed for one user.
programs='HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall'

menu=$WINEPREFIX/drive_c/users/root/AppData/Roaming/Microsoft/Windows/Start\ Menu/Programs/Duo\ Security\ Integrator.lnk
run_key='Software\Microsoft\Windows\CurrentVersion\Run'
collector_process() { pgrep -f 'duo-integrator\.exe"? "?collect'; }
current() { program status --json 2>/dev/null | jq -e 'all(.accounts[].log_types[]; .state == "current")'; }
stored() { program status --json 2>/dev/null | jq -e '[.accounts[].log_types[].records] | add > 0'; }

# answer PICTURE KEYS…: the question whether all data shall go.
answer() {
    local picture=$1 asking key
    shift
    wine 'C:\Program Files\Duo Security Integrator\duo-integrator.exe' installer leave --ask &
    asking=$!
    until_so "a box asks" 30 window_is_there 'Duo Security Integrator'
    sleep 1
    shot "$picture"
    for key in "$@"; do xdotool key --clearmodifiers "$key"; done
    until_so "answering it ends the program" 20 fails kill -0 "$asking"
}

# try PACKAGE ROOT FOLDER: one of the two packages, from the first installation to the removal.
try() {
    local suffix=$1 root=$2 folder=$3 shown
    local place="$WINEPREFIX/drive_c/$folder/Duo Security Integrator/duo-integrator.exe"
    shown="C:\\${folder//\//\\}\\Duo Security Integrator\\duo-integrator.exe"

    step "Install (duo-integrator-0.1.0-x64$suffix.msi)"
    check "it installs silently" installer /i "packages/duo-integrator-0.1.0-x64$suffix.msi" /qn STARTATLOGIN=1
    check "the program is there" test -s "$place"
    check "its licenses are beside it" test -s "${place%/*}/LICENSE-MIT.txt"
    check "the installed program runs" timeout 60 wine "$shown" --version
    check "the Start menu has it" test -e "$menu"
    check "it starts at login, as asked" in_registry "$root\\$run_key" "Duo Security Integrator"
    check "Windows' list of programs has 0.1.0" version_is "$programs" 0.1.0

    step "Upgrade while it collects (duo-integrator-0.2.0-x64$suffix.msi)"
    mkdir -p "$APPLICATION/config"
    printf 'version = 1\n\n[network]\nca_file = '"'%s'"'\n\n[collection]\npace = "unlimited"\n' 'Z:\w\ca.pem' \
        >"$APPLICATION/config/settings.toml"
    timeout 60 wine "$shown" account add --name Wine --integration-key "$INTEGRATION_KEY" --api-hostname "$API_HOSTNAME" \
        --secret-key-stdin <<<"$SECRET_KEY"
    wine "$shown" collect >collector.out 2>&1 &
    until_so "the collector runs" 30 collector_is running
    until_so "records arrive" 60 stored
    local before
    before=$(collector_process | head -n 1)
    check "the next version installs silently" installer /i "packages/duo-integrator-0.2.0-x64$suffix.msi" /qn
    check "the program is there" test -s "$place"
    check "Windows' list of programs has 0.2.0" version_is "$programs" 0.2.0
    until_so "the collector runs again" 30 collector_is running
    check "it is another process" test "$before" != "$(collector_process | head -n 1)"
    check "it still starts at login" in_registry "$root\\$run_key" "Duo Security Integrator"
    until_so "all logs are current" 60 current
    program audit --json >audit.json
    check "nothing is missing by Duo's own counts" \
        jq -e 'length > 0 and all(.[]; .state == "complete" or .state == "unknown")' audit.json
    program event list >events.jsonl
    check "no record is there twice" test "$(sort events.jsonl | uniq -d | wc -l)" = 0
    shot "installed$suffix"
    check "an older version is refused" fails installer /i "packages/duo-integrator-0.1.0-x64$suffix.msi" /qn

    step "Remove"
    check "it is removed silently" installer /x "packages/duo-integrator-0.2.0-x64$suffix.msi" /qn
    until_so "the collector has ended" 20 fails collector_process
    check "the program is gone" fails test -e "$place"
    check "its folder is gone" fails test -e "${place%/*}"
    check "the Start menu has it no more" fails test -e "$menu"
    check "nothing starts at login any more" fails in_registry "$root\\$run_key" "Duo Security Integrator"
    check "the list of programs has it no more" test -z "$(product "$programs")"
    check "the settings are still there" grep -q "$INTEGRATION_KEY" "$APPLICATION/config/settings.toml"
    check "the records are still there" test -s "$APPLICATION/data/events.db"
    check "the secret key is still there" credential_is_stored

    step "Install again, and remove with all data"
    check "it installs silently" installer /i "packages/duo-integrator-0.2.0-x64$suffix.msi" /qn
    check "nothing starts at login, because nobody asked" fails in_registry "$root\\$run_key" "Duo Security Integrator"
    if [ -z "$suffix" ]; then
        # As a removal with a person at the screen does it.
        answer question Return
        check "Enter keeps everything" test -s "$APPLICATION/data/events.db"
        answer question-again Left Return
    fi
    check "it is removed silently" installer /x "packages/duo-integrator-0.2.0-x64$suffix.msi" /qn DELETEDATA=1
    check "settings, records and logs are gone" fails test -e "$APPLICATION"
    check "the secret key is gone" fails credential_is_stored
}

try "" HKLM "Program Files"
try -user HKCU users/root/AppData/Local/Programs
finish
