# shellcheck shell=bash
# A small Debian of its own to run commands in. Sourced by scripts that name beforehand
#
#   room          the folder in which it is made, once, and kept
#   made          a file in it, named anew whenever rooms made before would no longer do
#   suite         the release of Debian
#   environment   an array: what commands find in their environment beside HOME, PATH and the like
#   also_mount    a text: what is mounted besides; $root is what commands see as /, and $room the room
#   furnish       a function that is called once the bare system is there; what it prints goes to a log
#
# Commands get a fresh copy-on-write view of the room. Mounts and processes live in namespaces of their own
# and are gone when the command ends, however it ends. The network is this machine's.
#
# Needs root and debootstrap. MIRROR names another Debian mirror.
#
# shellcheck disable=SC2154

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Namespaces first, then everything else in a shell within them.
apart() { unshare --mount --pid --fork --kill-child --propagation private "$@"; }

# Devices as this machine has them, processes as the namespace has them, and what it takes to look up
# names: Wine cannot resolve even "localhost" without the file.
# shellcheck disable=SC2016  # the inner shell fills these in
enter='
    root=$1; shift
    mount --bind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    '"$also_mount"'
    exec chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM=dumb DEBIAN_FRONTEND=noninteractive \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
'

# make_room WORDS: unless it is there. WORDS say what is being made.
make_room() {
    [ ! -e "$made" ] || return 0
    [ "$(id -u)" = 0 ] || fail "$1 needs root"
    command -v debootstrap >/dev/null || fail "$1 needs debootstrap: apt-get install debootstrap"
    local mirror=${MIRROR:-} log=$room.log
    if [ -z "$mirror" ]; then
        # shellcheck disable=SC2016  # apt fills this name in, not the shell
        mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Label: Debian' 2>/dev/null |
            grep -v /archive/ | head -n 1)
    fi
    [ -n "$mirror" ] || fail "No Debian mirror is known here; name one in MIRROR"
    printf 'Making, once: %s\n' "$1" >&2
    rm -rf "$room"
    mkdir -p "$room"
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$room" "$mirror" >"$log" 2>&1 ||
        fail "debootstrap failed, see $log"
    echo 'APT::Install-Recommends "false"; Acquire::Check-Valid-Until "false"; Acquire::Retries "3";' \
        >"$room/etc/apt/apt.conf.d/99room"
    furnish >>"$log" 2>&1 || fail "The new system could not be furnished, see $log"
    : >"$made"
}

# in_new_room COMMAND…: in the room itself, so that what is written stays; for furnish.
in_new_room() {
    # shellcheck disable=SC2016
    apart bash -ec 'room=$1; shift; '"$enter" room "$room" "$room" "${environment[@]}" "$@"
}

# in_view SCRIPT ARGUMENTS…: has bash run SCRIPT, outside, with a fresh view of the room at $view and a folder
# for its own things at $scratch.
in_view() {
    local script=$1
    shift
    scratch=$(mktemp -d "$room.run-XXXXXX")
    # What is mounted there is mounted in the namespace only, so this removes nothing else.
    trap 'rm -rf "$scratch"' EXIT
    mkdir "$scratch/new" "$scratch/work" "$scratch/view"
    # shellcheck disable=SC2016
    apart bash -euo pipefail -c '
        room=$1 scratch=$2 view=$2/view; shift 2
        mount -t overlay overlay -o "lowerdir=$room,upperdir=$scratch/new,workdir=$scratch/work" "$view"
        '"$script" view "$room" "$scratch" "$@"
}

# in_room FOLDER COMMAND…: COMMAND sees FOLDER as /w.
in_room() {
    local folder
    folder=$(realpath "$1")
    shift
    # shellcheck disable=SC2016
    in_view '
        folder=$1; shift
        mkdir -p "$view/w"
        mount --bind "$folder" "$view/w"
        set -- "$view" "$@"
        '"$enter" "$folder" "${environment[@]}" "$@"
}
