#!/usr/bin/env bash
# Runs a command in a bare Debian, as a package finds it: no desktop, no compiler, nothing recommended.
#
#   scripts/packages/room.sh FOLDER COMMAND…
#   scripts/packages/room.sh --view SCRIPT ARGUMENTS…     what bash runs outside, with the Debian at $view
#
# COMMAND sees FOLDER as /w and this machine's X11 sockets. scripts/bare-debian.sh says how the rest is; what apt
# downloads is kept beside the room.
#
# Needs root and debootstrap. CACHE names another cache folder, MIRROR another Debian mirror, SUITE another
# release of Debian than this machine's.

set -euo pipefail
exec </dev/null

own_suite() {
    # shellcheck disable=SC1091  # every system has it
    . /etc/os-release
    if [ "${ID:-}" = debian ]; then printf '%s' "${VERSION_CODENAME:-}"; fi
}
suite=${SUITE:-$(own_suite)}
suite=${suite:-bookworm}
room=${CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/duo-integrator-build}/bare-$suite
made="$room/made-1"
environment=()
# shellcheck disable=SC2016,SC2034  # the inner shell fills these in
also_mount='
    if [ -d /tmp/.X11-unix ]; then
        mkdir -m 1777 "$root/tmp/.X11-unix"
        mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
    fi
    mkdir -p "$room.archives/partial"
    mount --bind "$room.archives" "$root/var/cache/apt/archives"
'
furnish() { rm -rf "$room"/var/cache/apt/archives/*.deb; }
# shellcheck source=scripts/bare-debian.sh
. "$(dirname "${BASH_SOURCE[0]}")/../bare-debian.sh"

[ $# -ge 2 ] || fail "usage: scripts/packages/room.sh FOLDER COMMAND…"
make_room "a bare Debian, about 300 MB"
if [ "$1" = --view ]; then
    shift
    in_view "$@"
else
    in_room "$@"
fi
