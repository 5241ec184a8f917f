#!/usr/bin/env bash
# Lays out everything a container of the program holds: the program, the C library it is linked to, the
# certificate authorities, their licenses, and two users. No shell, no package manager, nothing else.
#
#   installer/container/root.sh BINARY FOLDER
#
# Runs while the image is made (Dockerfile), and without any engine in scripts/check-packages.sh, so that
# what is checked is what the image holds. Everything is taken from the system it runs on.

set -euo pipefail

[ $# = 2 ] || {
    echo "usage: installer/container/root.sh BINARY FOLDER" >&2
    exit 2
}
program=$1 root=$2
project=$(dirname "${BASH_SOURCE[0]}")/../..
# Any number will do; a fixed one can be given to a volume beforehand.
user=10001

install -D -m 755 "$program" "$root/usr/bin/duo-integrator"

# The loader stands in the program, its libraries are where the loader finds them. The C library answers
# for names of hosts and users itself, since 2.34.
# Source: https://sourceware.org/pipermail/libc-alpha/2021-August/129718.html
ldd "$program" | sed -n 's/^[^/]*\(\/[^ ]*\) (0x.*/\1/p' | while read -r library; do
    install -D -m 755 "$(realpath "$library")" "$root$library"
done

install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
mkdir -p "$root/etc"
printf 'root:x:0:0:root:/:/nonexistent\nduo:x:%s:%s:Duo Security Integrator:/var/lib/duo-integrator:/nonexistent\n' \
    "$user" "$user" >"$root/etc/passwd"
printf 'root:x:0:\nduo:x:%s:\n' "$user" >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"

# The licenses of all of this, the C library's as its package tells them.
for file in LICENSE-MIT LICENSE-APACHE assets/licenses.txt.gz; do
    install -D -m 644 "$project/$file" "$root/usr/share/doc/duo-integrator/${file##*/}"
done
for package in libc6 libgcc-s1 ca-certificates; do
    [ ! -e "/usr/share/doc/$package/copyright" ] ||
        install -D -m 644 "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
done

# What is mounted when the container starts: the volume, and a place for what lives as long as a report
# is being written.
install -d -m 700 "$root/var/lib/duo-integrator"
[ "$(id -u)" != 0 ] || chown "$user:$user" "$root/var/lib/duo-integrator"
install -d -m 1777 "$root/tmp"
