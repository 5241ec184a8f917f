#!/usr/bin/env bash
# Tries the packages for Linux: installed in a bare Debian, upgraded while a collector runs, removed; their
# service under a systemd that has booted; read with rpm's tools; run from a folder; run as a container would.
#
#   scripts/check-packages.sh [FOLDER]       FOLDER: where package.sh put them, target/packages if not given
#
# Says in a few lines what it checked, and what it could not. Needs root and debootstrap; takes about three
# minutes, the first time some more. A picture of the window goes to target/screenshots/package-window.png.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

unless() {
    say "The packages were not tried: $*"
    exit 0
}
[ "$(id -u)" = 0 ] || unless "this needs root, to make a bare Debian"
has debootstrap || unless "this needs debootstrap"
has dpkg-deb || unless "this needs dpkg-deb"

packages=$(realpath "${1:-target/packages}")
one() {
    local found
    found=$(find "$packages" -maxdepth 1 -name "$1" ! -name '*_0.0.9_*' ! -name '*-0.0.9-*' | sort | tail -n 1)
    [ -n "$found" ] || fail "There is no $1 in $packages; make one with: make package"
    printf '%s' "$found"
}
deb=$(one '*.deb') tarball=$(one '*.tar.gz')
(cd "$packages" && sha256sum --check --quiet SHA256SUMS) || fail "SHA256SUMS does not fit the packages"

folder=$(mktemp -d)
screen=
tidy() {
    [ -z "$screen" ] || kill "$screen" 2>/dev/null || true
    rm -rf "$folder"
}
trap tidy EXIT
mkdir "$folder/unpacked" "$folder/deb" "$folder/tarball"
tar -C "$folder/unpacked" -xzf "$tarball"
root=$(echo "$folder"/unpacked/*)
program=$root/duo-integrator

# ---- What others read ---------------------------------------------------------------------------

read_by=()
if has desktop-file-validate; then
    desktop-file-validate "$root/share/applications/duo-integrator.desktop"
    read_by+=(desktop-file-validate)
fi
if has appstreamcli; then
    # The project has no domain to name the program by.
    appstreamcli validate --no-net --override=cid-desktopapp-is-not-rdns=info \
        "$root/share/metainfo/duo-integrator.metainfo.xml" >"$folder/log" || fail "$(cat "$folder/log")"
    read_by+=(appstreamcli)
fi
if has systemd-analyze; then
    sed "s|/usr/bin/duo-integrator|$program|" "$root/systemd/system/duo-integrator.service" >"$folder/duo-integrator.service"
    # Older systemds do not know the newer way to credentials, which the unit allows for.
    odd=$(systemd-analyze verify --man=no "$folder/duo-integrator.service" 2>&1 |
        grep -F "duo-integrator" | grep -v "Unknown key.*'ImportCredential'" || true)
    [ -z "$odd" ] || fail "systemd-analyze: $odd"
    systemd-analyze security --offline=true --threshold=20 "$folder/duo-integrator.service" >"$folder/log" 2>/dev/null ||
        fail "the service is more exposed than it should be: $(tail -n 1 "$folder/log")"
    read_by+=("systemd-analyze ($(sed -n 's/.*exposure level for [^:]*: \([0-9.]*\).*/exposure \1 of 10/p' "$folder/log"))")
fi
if has man; then
    for page in "$root"/share/man/man1/*; do
        odd=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings=all --local-file "$page" 2>&1 >/dev/null)
        [ -z "$odd" ] || fail "man: ${page##*/}: $odd"
    done
    read_by+=("man ($(find "$root/share/man/man1" -name '*.gz' | wc -l) pages)")
fi
bash -n "$root/share/bash-completion/completions/duo-integrator"
for shell in zsh:share/zsh/site-functions/_duo-integrator fish:share/fish/vendor_completions.d/duo-integrator.fish; do
    if has "${shell%%:*}"; then "${shell%%:*}" -n "$root/${shell#*:}"; fi
done
say "Read without complaint by: $(printf '%s, ' "${read_by[@]}" | sed 's/, $//')"

# ---- .deb ---------------------------------------------------------------------------------------

say "Making packages of a previous version, to upgrade from"
PACKAGES=$folder/previous PACKAGE_VERSION=0.0.9 PACKAGE_FAST=1 installer/linux/package.sh "$program" deb rpm 2>"$folder/log" ||
    fail "$(cat "$folder/log")"
cp "$folder"/previous/*.deb "$folder/deb/previous.deb"
cp "$deb" "$folder/deb/new.deb"
cp scripts/packages/deb.sh scripts/packages/common.sh "$folder/deb/"
number='' window="; the window was not tried, because there is no Xvfb, xdotool or import"
if has Xvfb && has xdotool && has import; then
    number=:$((90 + $$ % 900))
    Xvfb "$number" -screen 0 1280x800x24 -nolisten tcp >/dev/null 2>&1 &
    screen=$!
    (
        while [ ! -e "$folder/deb/window-begun" ]; do sleep 0.2; done
        DISPLAY=$number timeout 50 xdotool search --sync --onlyvisible --name '^Duo Security Integrator$' >/dev/null
        sleep 2
        mkdir -p target/screenshots
        DISPLAY=$number import -window root target/screenshots/package-window.png
        : >"$folder/deb/window-seen"
    ) &
    window="; its window opens"
fi
scripts/packages/room.sh "$folder/deb" env SCREEN="$number" /w/deb.sh
say "The .deb in a bare Debian: installed with its dependencies and no compiler, works$window; upgraded while
  a user's collector ran ($(cat "$folder/deb/deb.facts")); removed and purged"

# ---- systemd ------------------------------------------------------------------------------------

# Its older releases are told where the encrypted secret key is, newer ones find it by themselves.
boot() {
    local room=$folder/$1
    mkdir "$room"
    cp "$folder"/deb/*.deb scripts/packages/systemd.sh scripts/packages/common.sh "$room/"
    : >"$room/said"
    if SUITE=$1 scripts/packages/boot.sh "$room" /w/systemd.sh; then
        say "The service and the unit for users, under a systemd that has booted: an encrypted secret key, no rights, a
  crash, an upgrade, removal ($(cat "$room/systemd.facts"))"
    elif [ -s "$room/said" ]; then
        fail "$(cat "$room/said")"
    else
        # Where containers may not make control groups, for instance.
        say "The service was not tried in Debian's $1, because systemd does not boot here: $(tail -n 1 "$room/console")"
    fi
}
if has systemd-nspawn; then
    boot bookworm
    boot trixie
else
    say "The service was not tried: there is no systemd-nspawn here"
fi

# ---- .rpm ---------------------------------------------------------------------------------------

if has rpm && rpm=$(one '*.rpm'); then
    scripts/packages/rpm.sh "$(echo "$folder"/previous/*.rpm)" "$rpm"
    say "The .rpm: files, owners, dependencies and scripts read; installed, upgraded and removed, dependencies
  unresolved, because this is not a system of its family"
else
    say "The .rpm was not read: there is no rpm here"
fi

# ---- .tar.gz ------------------------------------------------------------------------------------

cp "$tarball" scripts/packages/tarball.sh scripts/packages/common.sh "$folder/tarball/"
scripts/packages/room.sh "$folder/tarball" /w/tarball.sh
say "The tarball: runs from a folder with a blank and an umlaut in its name, as a user without rights, with nothing installed"

# ---- Container ----------------------------------------------------------------------------------

size=$(scripts/packages/container.sh "${HEADLESS_PROGRAM:-$program}")
say "The container's files ($size): collect on a read-only root, as a user without rights, the key in a file; no
  engine was there to build the image with"
