#!/usr/bin/env bash
# Runs a command where Windows programs run: a small Debian of its own, with Wine and a screen.
#
#   scripts/windows/room.sh FOLDER COMMAND…
#
# COMMAND sees FOLDER as /w. scripts/bare-debian.sh says how the rest is.
#
# Trixie, because Rust's standard library wants what Wine 8 in the release before it lacks.
# Needs root and debootstrap. CACHE names another cache folder, MIRROR another Debian mirror.

set -euo pipefail
exec </dev/null

# shellcheck disable=SC2034  # used by the script that is sourced
suite=trixie
room=${CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/duo-integrator-build}/wine-trixie
made="$room/made-2"
packages=(
    wine wine64 xvfb xdotool xclip imagemagick jq procps
    libgl1 libgl1-mesa-dri # Only recommended by Wine; without them there is no OpenGL
    fonts-liberation
    wixl msitools python3 # Make and read packages for Windows Installer
)
environment=(WINEPREFIX=/root/prefix WINEDEBUG=-all)
# shellcheck disable=SC2034
also_mount=
furnish() {
    in_new_room bash -ec '
        apt-get update -qq
        apt-get install -y -q "$@"
        apt-get clean
        rm -rf /var/lib/apt/lists/*
        # The desktop called "shell" is the one with a taskbar and a tray.
        wineboot --init
        wine reg add "HKCU\\Software\\Wine\\Explorer" /v Desktop /d shell /f
        wine reg add "HKCU\\Software\\Wine\\Explorer\\Desktops" /v shell /d 1280x800 /f
        wineserver -w
    ' room "${packages[@]}"
}
# shellcheck source=scripts/bare-debian.sh
. "$(dirname "${BASH_SOURCE[0]}")/../bare-debian.sh"

[ $# -ge 2 ] || fail "usage: scripts/windows/room.sh FOLDER COMMAND…"
make_room "a small Debian with Wine for Windows programs, about 2 GB"
in_room "$@"
