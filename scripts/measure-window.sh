#!/usr/bin/env bash
# How soon the window is there, and what it takes: the wizard on a fresh home, drawn by the software
# renderer on a screen nobody sees.
#
# Usage: scripts/measure-window.sh [ROUNDS]   (5 by default)

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds=${1:-5}
program=${CARGO_TARGET_DIR:-target}/release/duo-integrator
[ -x "$program" ] || cargo build --release --locked
scratch=$(mktemp -d)
screen=
window=
tidy() {
    [ -z "$window" ] || kill "$window" 2>/dev/null || true
    [ -z "$screen" ] || kill "$screen" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$scratch"
}
trap tidy EXIT
mkfifo "$scratch/number"
Xvfb -displayfd 3 -screen 0 1280x800x24 +extension GLX -nolisten tcp 3>"$scratch/number" 2>/dev/null &
screen=$!
read -r number <"$scratch/number"
export DISPLAY=:$number HOME=$scratch XDG_RUNTIME_DIR=$scratch
export DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent
unset WAYLAND_DISPLAY XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME

ticks() { awk '{ print $14 + $15 }' "/proc/$window/stat"; }
for ((round = 1; round <= rounds; round++)); do
    home=$scratch/home-$round
    "$program" --home "$home" 2>/dev/null &
    window=$!
    until grep -qs 'its first frame' "$home"/state/logs/*.log; do sleep 0.02; done
    millis=$(sed -n 's/.*its first frame millis=//p' "$home"/state/logs/*.log)
    sleep 4
    before=$(ticks)
    sleep 10
    used=$((($(ticks) - before) * 100 / $(getconf CLK_TCK)))
    memory=$(awk '/^Pss:/ { printf "%.0f MB", $2 / 1000 }' "/proc/$window/smaps_rollup")
    echo "first frame $millis ms; idle for 10 s: $used hundredths of a second of processor time; $memory"
    kill "$window"
    wait "$window" 2>/dev/null || true
    window=
done
stat -c %s "$program" | awk '{ printf "release binary %.1f MB\n", $1 / 1000000 }'
