#!/usr/bin/env bash
# Reads the .rpm with rpm's own tool, and installs, upgrades and removes it in a bare system, its scripts
# included. The system is Debian's, with a database of packages of its own, so that nothing there provides
# what the package asks for: its dependencies are read and not resolved. Called by scripts/check-packages.sh.
#
#   scripts/packages/rpm.sh PREVIOUS.rpm NEW.rpm

set -euo pipefail
exec </dev/null
export LC_ALL=C

part=rpm
# shellcheck source=scripts/packages/common.sh
. scripts/packages/common.sh
previous=$(realpath "$1") new=$(realpath "$2")

rpm -K --nosignature "$new" >/dev/null || fail "its digests are wrong"
files=$(rpm -qpl "$new")
for file in /usr/bin/duo-integrator /usr/lib/duo-integrator/collectors \
    /usr/lib/systemd/system/duo-integrator.service /usr/lib/systemd/user/duo-integrator.service \
    /usr/lib/sysusers.d/duo-integrator.conf /usr/share/applications/duo-integrator.desktop \
    /usr/share/metainfo/duo-integrator.metainfo.xml /usr/share/icons/hicolor/scalable/apps/duo-integrator.svg \
    /usr/share/man/man1/duo-integrator.1.gz /usr/share/bash-completion/completions/duo-integrator \
    /usr/share/zsh/site-functions/_duo-integrator /usr/share/fish/vendor_completions.d/duo-integrator.fish \
    /usr/share/licenses/duo-integrator/LICENSE-MIT; do
    grep -qx "$file" <<<"$files" || fail "there is no $file in it"
done
# Whoever else owns it, and whatever others could write to.
odd=$(rpm -qp --qf '[%{FILEUSERNAME}:%{FILEGROUPNAME} %{FILEMODES:perms} %{FILENAMES}\n]' "$new" |
    grep -v '^root:root [-d]r[-w]xr-xr-x \|^root:root -rw-r--r-- ' || true)
[ -z "$odd" ] || fail "odd owners or permissions: $odd"

wanted=$(rpm -qp --requires "$new")
for library in $(installer/linux/setup.sh names libraries); do
    grep -qF "$library()(64bit)" <<<"$wanted" || fail "it does not ask for $library"
done
for name in ca-certificates 'libc.so.6(GLIBC_' 'libgcc_s.so.1()'; do
    grep -qF "$name" <<<"$wanted" || fail "it does not ask for $name"
done

# Each script is one that a shell can read.
for script in postin preun postun; do
    rpm -qp --qf "%{${script^^}}" "$new" | sh -n || fail "its $script is not a shell's"
done

# Debian's rpm warns of itself; its answers are in its exit codes.
# shellcheck disable=SC2016  # the inner shell fills these in
scripts/packages/room.sh --view '
    previous=$1 new=$2
    fail() { printf "rpm: %s\n" "$*" >&2; exit 1; }
    in_room() { rpm --root "$view" "$@" >"$scratch/log" 2>&1 || fail "rpm $*: $(cat "$scratch/log")"; }
    in_room --nodeps -i "$previous"
    in_room --nodeps -U "$new"
    [ "$(rpm --root "$view" -qa | grep -c ^duo-integrator)" = 1 ] || fail "both versions are there after the upgrade"
    in_room --nodeps -V duo-integrator
    chroot "$view" duo-integrator --version >/dev/null || fail "the program does not start"
    in_room -e duo-integrator
    grep -q "were left where they are" "$scratch/log" || fail "removal does not say what stays"
    left=$(find "$view/usr" -name "*duo-integrator*")
    [ -z "$left" ] || fail "left behind: $left"
' "$previous" "$new"
