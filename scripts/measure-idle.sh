#!/usr/bin/env bash
# Memory and processor use of an idle collector: six logs of the look-alike, polled every 60 s.
#
# Usage: scripts/measure-idle.sh [SECONDS]   (180 by default, after 40 s in which it catches up)

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-180}
program=${CARGO_TARGET_DIR:-target}/release/duo-integrator
[ -x "$program" ] || cargo build --release --locked
home=$(mktemp -d)
# A copy, so that the two processes share no memory and the collector is charged for all of its own.
cp "$program" "$home/look-alike"
"$home/look-alike" demo --serve 127.0.0.1:0 >"$home/served" 2>/dev/null &
look_alike=$!
collector=
tidy() {
    kill $collector "$look_alike" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$home"
}
trap tidy EXIT
until grep -q "^CA file" "$home/served"; do sleep 0.1; done
told() { sed -n "s/^$1  *//p" "$home/served"; }

mkdir "$home/config"
cat >"$home/config/settings.toml" <<SETTINGS
version = 1
[[account]]
name = "Idle"
integration_key = "$(told "Integration key")"
api_hostname = "$(told "API hostname")"
[network]
ca_file = "$(told "CA file")"
SETTINGS
DUO_INTEGRATOR_SECRET_KEY=$(told "Secret key") DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent \
    "$program" collect --no-tray --home "$home" 2>/dev/null &
collector=$!

ticks() { awk '{ print $14 + $15 }' "/proc/$collector/stat"; }
sleep 40
before=$(ticks)
sleep "$seconds"
after=$(ticks)
awk -v used=$((after - before)) -v hertz="$(getconf CLK_TCK)" -v span="$seconds" \
    'BEGIN { printf "processor  %.3f %% of a core\n", used / hertz / span * 100 }'
awk '/^(Rss|Pss):/ { printf "%-9s  %.1f MB\n", $1, $2 / 1000 }' "/proc/$collector/smaps_rollup"
