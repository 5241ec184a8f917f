#!/usr/bin/env bash
# Runs a command in a bare Debian that systemd has booted, as a service of it.
#
#   scripts/packages/boot.sh FOLDER COMMAND
#
# COMMAND sees FOLDER as /w, and what it says goes to the file said there; its exit code is this one's. What
# systemd itself says goes to the file console. scripts/bare-debian.sh says how the rest is.
#
# Needs root, debootstrap and systemd-nspawn. SUITE names another release of Debian, CACHE another
# cache folder, MIRROR another Debian mirror.

set -euo pipefail
exec </dev/null

suite=${SUITE:-bookworm}
room=${CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/duo-integrator-build}/booted-$suite
# shellcheck disable=SC2034  # used by the script that is sourced
made="$room/made-1"
# shellcheck disable=SC2034
environment=()
# shellcheck disable=SC2016,SC2034  # the inner shell fills these in
also_mount='
    mkdir -p "$room.archives/partial"
    mount --bind "$room.archives" "$root/var/cache/apt/archives"
'
furnish() {
    in_new_room bash -ec '
        apt-get update -qq
        apt-get install -y -q systemd systemd-sysv dbus dbus-user-session libpam-systemd
    '
}
# shellcheck source=scripts/bare-debian.sh
. "$(dirname "${BASH_SOURCE[0]}")/../bare-debian.sh"

[ $# = 2 ] || fail "usage: scripts/packages/boot.sh FOLDER COMMAND"
command -v systemd-nspawn >/dev/null || fail "Booting needs systemd-nspawn: apt-get install systemd-container"
make_room "a bare Debian with systemd, about 350 MB"
# shellcheck disable=SC2016
in_view '
    folder=$1 command=$2 units=$view/etc/systemd/system
    # nspawn looks for itself among the processes, and leaves a folder behind here.
    mount -t proc proc /proc
    mkdir -p /run/systemd
    mount -t tmpfs tmpfs /run/systemd
    mkdir -p "$units/multi-user.target.wants" "$view/w" "$room.archives/partial"
    cat >"$units/try.service" <<UNIT
[Unit]
After=dbus.service network.target
SuccessAction=exit
FailureAction=exit
[Service]
Type=oneshot
Environment=LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive
ExecStart=$command
StandardOutput=append:/w/said
StandardError=append:/w/said
UNIT
    ln -s ../try.service "$units/multi-user.target.wants/"
    # Newer systemds do not boot among control groups of the first kind unless they are told to.
    systemd-nspawn --quiet --directory="$view" --machine="duo-integrator-$$" --register=no --keep-unit \
        --link-journal=no --console=read-only --resolv-conf=copy-host --bind="$folder:/w" \
        --bind="$room.archives:/var/cache/apt/archives" --boot SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 >"$folder/console" 2>&1
' "$(realpath "$1")" "$2"
