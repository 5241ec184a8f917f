#!/usr/bin/env bash
# Runs what a container holds without an engine: the files that installer/container/root.sh lays out, on a
# root that is read-only, as a user without rights or capabilities, with a volume for the home, a secret
# key in a file, and nothing else. Called by scripts/check-packages.sh.
#
#   scripts/packages/container.sh PROGRAM
#
# What is not tried: the Dockerfile's own lines, which need an engine; of those, the variables, the user and
# the check of health are repeated below.

set -euo pipefail
exec </dev/null

part=container
# shellcheck source=scripts/packages/common.sh
. scripts/packages/common.sh

program=$(realpath "$1")
folder=$(mktemp -d)
look_alike=
tidy() {
    [ -z "$look_alike" ] || { kill "$look_alike" && wait "$look_alike"; } 2>/dev/null || true
    rm -rf "$folder"
}
trap tidy EXIT

installer/container/root.sh "$program" "$folder/root"
# Executables beside the program, other than libraries, would be a shell or worse.
odd=$(find "$folder/root" -type f -perm /111 ! -name '*.so*' ! -path '*/usr/bin/duo-integrator')
[ -z "$odd" ] || fail "more programs than one: $odd"

serve "$program" "$folder"
settle "$folder/volume/config"
mkdir "$folder/secrets"
told 'Secret key' >"$folder/secrets/$(told 'Integration key')"
chown -R 10001:10001 "$folder/volume" "$folder/secrets"
chmod 711 "$folder"

# shellcheck disable=SC2016  # the inner shell fills these in
unshare --mount --pid --fork --kill-child --propagation private bash -euo pipefail -c '
    folder=$1
    fail() { printf "container: %s\n" "$*" >&2; exit 1; }
    root=$folder/view
    mkdir "$root"
    # The places that an engine mounts over are made as it would make them.
    mkdir -p "$folder/root/proc" "$folder/root/run/secrets"
    mount --bind "$folder/root" "$root"
    mount -t proc proc "$root/proc"
    mount --bind "$folder/volume" "$root/var/lib/duo-integrator"
    mount --bind "$folder/secrets" "$root/run/secrets"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    mount -o remount,bind,ro "$root"
    mount -o remount,bind,ro "$root/run/secrets"
    contained() {
        setpriv --no-new-privs --bounding-set=-all,+setuid,+setgid,+sys_chroot \
            env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DUO_INTEGRATOR_HOME=/var/lib/duo-integrator CREDENTIALS_DIRECTORY=/run/secrets \
            chroot --userspec=10001:10001 --groups= "$root" /usr/bin/duo-integrator "$@"
    }
    touch "$root/probe" 2>/dev/null && fail "its root can be written to"
    contained --version >/dev/null || fail "it does not start"
    contained account validate >"$folder/log" 2>&1 || fail "the keys do not work: $(cat "$folder/log")"
    contained collect --once >"$folder/log" 2>&1 || fail "it does not collect: $(cat "$folder/log")"
    ! contained status --check 2>/dev/null || fail "nobody collects and its health is good"
    contained collect --no-tray >"$folder/log" 2>&1 &
    healthy=
    for _ in $(seq 300); do
        if contained status --check 2>/dev/null; then healthy=1; break; fi
        sleep 0.1
    done
    [ -n "$healthy" ] || fail "its health is not good: $(cat "$folder/log")"
    contained status --json >"$folder/status"
' container "$folder"

grep -q '"collector": "running"' "$folder/status" || fail "the collector does not run: $(cat "$folder/status")"
[ "$(grep -c '"state": "current"' "$folder/status")" = 6 ] || fail "not every log is current: $(cat "$folder/status")"
odd=$(find "$folder/volume" ! -user 10001 -o -perm /077 -type f ! -name ca.pem ! -name settings.toml)
[ -z "$odd" ] || fail "others can read: $odd"
du -sh "$folder/root" | cut -f1
