#!/usr/bin/env bash
# Runs a command in a bare Debian, as a package finds it: no desktop, no compiler, nothing recommended.
#
#   scripts/packages/room.sh FOLDER COMMAND…
#   scripts/packages/room.sh --path           prints where the room is, to look at and not to change
#
# COMMAND sees FOLDER as /w and this machine's X11 sockets. The room is made once and kept in the cache
# folder; every command gets a fresh copy-on-write view of it. Mounts and processes live in namespaces of
# their own and are gone when COMMAND ends, however it ends. The network is this machine's; what apt
# downloads is kept beside the room.
#
# Needs root and debootstrap. CACHE names another cache folder, MIRROR another Debian mirror, SUITE another
# release of Debian than this machine's.

set -euo pipefail
exec </dev/null

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

[ $# -ge 2 ] || [ "$*" = --path ] || fail "usage: scripts/packages/room.sh FOLDER COMMAND…"
[ "$(id -u)" = 0 ] || fail "The bare Debian needs root"
command -v debootstrap >/dev/null || fail "The bare Debian needs debootstrap: apt-get install debootstrap"

own_suite() {
    # shellcheck disable=SC1091  # every system has it
    . /etc/os-release
    if [ "${ID:-}" = debian ]; then printf '%s' "${VERSION_CODENAME:-}"; fi
}
suite=${SUITE:-$(own_suite)}
suite=${suite:-bookworm}
room=${CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/duo-integrator-build}/bare-$suite
# Changes whenever rooms made before would no longer do.
made="$room/made-1"

apart() { unshare --mount --pid --fork --kill-child --propagation private "$@"; }

# shellcheck disable=SC2016  # the inner shell fills these in
enter='
    root=$1 archives=$2; shift 2
    mount --bind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    if [ -d /tmp/.X11-unix ]; then
        mkdir -m 1777 "$root/tmp/.X11-unix"
        mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
    fi
    mount --bind "$archives" "$root/var/cache/apt/archives"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    exec chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM=dumb DEBIAN_FRONTEND=noninteractive \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
'

make_room() {
    local mirror=${MIRROR:-} log=$room.log
    if [ -z "$mirror" ]; then
        # shellcheck disable=SC2016  # apt fills this name in, not the shell
        mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Label: Debian' 2>/dev/null |
            grep -v /archive/ | head -n 1)
    fi
    [ -n "$mirror" ] || fail "No Debian mirror is known here; name one in MIRROR"
    printf 'Making the bare Debian, once: about 300 MB\n' >&2
    rm -rf "$room"
    mkdir -p "$room" "$room.archives/partial"
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$room" "$mirror" >"$log" 2>&1 ||
        fail "debootstrap failed, see $log"
    echo 'APT::Install-Recommends "false"; Acquire::Check-Valid-Until "false"; Acquire::Retries "3";' \
        >"$room/etc/apt/apt.conf.d/99room"
    rm -rf "$room"/var/cache/apt/archives/*.deb
    : >"$made"
}

[ -e "$made" ] || make_room
if [ "$*" = --path ]; then
    printf '%s\n' "$room"
    exit
fi
folder=$(realpath "$1")
shift

scratch=$(mktemp -d "$room.run-XXXXXX")
# What is mounted there is mounted in the namespace only, so this removes nothing else.
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/new" "$scratch/work" "$scratch/view"
# shellcheck disable=SC2016
apart bash -ec '
    room=$1 scratch=$2 folder=$3; shift 3
    mount -t overlay overlay -o "lowerdir=$room,upperdir=$scratch/new,workdir=$scratch/work" "$scratch/view"
    mkdir -p "$scratch/view/w"
    mount --bind "$folder" "$scratch/view/w"
    set -- "$scratch/view" "$room.archives" "$@"
    '"$enter" view "$room" "$scratch" "$folder" "$@"
