#!/usr/bin/env bash
# Runs a command where Windows programs run: a small Debian of its own, with Wine and a screen.
#
#   scripts/windows/room.sh FOLDER COMMAND…
#
# COMMAND sees FOLDER as /w. The room is made once and kept in the cache folder; every command gets
# a fresh copy-on-write view of it, so nothing a run writes is there in the next one, except in
# FOLDER. Mounts and processes live in namespaces of their own and are gone when COMMAND ends,
# however it ends. The network is this machine's.
#
# Trixie, because Rust's standard library wants what Wine 8 in the release before it lacks.
# Needs root and debootstrap. CACHE names another cache folder, MIRROR another Debian mirror.

set -euo pipefail
exec </dev/null

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

[ $# -ge 2 ] || fail "usage: scripts/windows/room.sh FOLDER COMMAND…"
folder=$(realpath "$1")
shift
[ "$(id -u)" = 0 ] || fail "The room for Windows programs needs root"
command -v debootstrap >/dev/null || fail "The room for Windows programs needs debootstrap: apt-get install debootstrap"

room=${CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/duo-integrator-build}/wine-trixie
# Changes whenever rooms made before would no longer do.
made="$room/made-2"
packages=(
    wine wine64 xvfb xdotool xclip imagemagick jq procps
    libgl1 libgl1-mesa-dri # Only recommended by Wine; without them there is no OpenGL
    fonts-liberation
    wixl msitools python3 # Make and read packages for Windows Installer
)

# Namespaces first, then everything else in a shell within them.
apart() { unshare --mount --pid --fork --kill-child --propagation private "$@"; }

# Devices as this machine has them, processes as the namespace has them, and what it takes to look
# up names: Wine cannot resolve even "localhost" without the file.
# shellcheck disable=SC2016  # the inner shell fills these in
enter='
    root=$1; shift
    mount --bind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/tmp"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    exec chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM=dumb DEBIAN_FRONTEND=noninteractive \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        WINEPREFIX=/root/prefix WINEDEBUG=-all "$@"
'

make_room() {
    local mirror=${MIRROR:-} log=$room.log
    if [ -z "$mirror" ]; then
        # shellcheck disable=SC2016  # apt fills this name in, not the shell
        mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Label: Debian' 2>/dev/null |
            grep -v /archive/ | head -n 1)
    fi
    [ -n "$mirror" ] || fail "No Debian mirror is known here; name one in MIRROR"
    say "Making the room for Windows programs, once: Debian with Wine, about 2 GB"
    rm -rf "$room"
    mkdir -p "$room"
    debootstrap --variant=minbase --include=ca-certificates trixie "$room" "$mirror" >"$log" 2>&1 ||
        fail "debootstrap failed, see $log"
    echo 'APT::Install-Recommends "false"; Acquire::Check-Valid-Until "false"; Acquire::Retries "3";' \
        >"$room/etc/apt/apt.conf.d/99room"
    apart bash -ec "$enter" enter "$room" bash -ec '
        apt-get update -qq
        apt-get install -y -q "$@"
        apt-get clean
        rm -rf /var/lib/apt/lists/*
        # The desktop called "shell" is the one with a taskbar and a tray.
        wineboot --init
        wine reg add "HKCU\\Software\\Wine\\Explorer" /v Desktop /d shell /f
        wine reg add "HKCU\\Software\\Wine\\Explorer\\Desktops" /v shell /d 1280x800 /f
        wineserver -w
    ' room "${packages[@]}" >>"$log" 2>&1 || fail "Wine could not be installed, see $log"
    : >"$made"
}

[ -e "$made" ] || make_room

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
    set -- "$scratch/view" "$@"
    '"$enter" view "$room" "$scratch" "$folder" "$@"
