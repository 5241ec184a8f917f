#!/usr/bin/env bash
# Memory and processor use of an idle collector: six logs of the look-alike, polled every 60 s.
#
# Usage: scripts/measure-idle.sh [--tray] [SECONDS]
#
# 180 seconds by default, after 40 in which it catches up. With --tray its icon is shown by Xfce's
# panel on a display and a D-Bus session of its own (packages: dbus, xvfb, xfce4-panel, xfconf).

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tray=
if [ "${1:-}" = --tray ]; then
    tray=yes
    shift
fi
seconds=${1:-180}
program=${CARGO_TARGET_DIR:-target}/release/duo-integrator
[ -x "$program" ] || cargo build --release --locked
home=$(mktemp -d)
# A copy, so that the two processes share no memory and the collector is charged for all of its own.
cp "$program" "$home/look-alike"
"$home/look-alike" demo --serve 127.0.0.1:0 >"$home/served" 2>/dev/null &
look_alike=$!
collector=
desktop=()
tidy() {
    # The panel before the bus and the display it needs.
    kill $collector "$look_alike" 2>/dev/null || true
    for ((i = ${#desktop[@]} - 1; i >= 0; i--)); do kill "${desktop[i]}" 2>/dev/null || true; done
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
secret=$(told "Secret key")

if [ -n "$tray" ]; then
    Xvfb -displayfd 3 -screen 0 800x600x24 -nolisten tcp 3>"$home/display" 2>/dev/null &
    desktop+=($!)
    until [ -s "$home/display" ]; do sleep 0.1; done
    DISPLAY=:$(cat "$home/display")
    export DISPLAY XDG_RUNTIME_DIR=$home HOME=$home NO_AT_BRIDGE=1
    export DBUS_SESSION_BUS_ADDRESS=unix:path=$home/bus
    mkdir -p "$home/services" "$home/.config/xfce4/xfconf/xfce-perchannel-xml"
    cp /usr/share/dbus-1/services/org.xfce.Xfconf.service "$home/services/"
    cat >"$home/bus.conf" <<BUS
<busconfig><type>session</type><listen>unix:path=$home/bus</listen>
<servicedir>$home/services</servicedir><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
BUS
    dbus-daemon --nofork --config-file="$home/bus.conf" 2>/dev/null &
    desktop+=($!)
    until [ -S "$home/bus" ]; do sleep 0.1; done
    cat >"$home/.config/xfce4/xfconf/xfce-perchannel-xml/xfce4-panel.xml" <<PANEL
<channel name="xfce4-panel" version="1.0"><property name="configver" type="int" value="2"/>
<property name="panels" type="array"><value type="int" value="1"/>
<property name="panel-1" type="empty"><property name="position" type="string" value="p=6;x=0;y=0"/>
<property name="plugin-ids" type="array"><value type="int" value="1"/></property></property></property>
<property name="plugins" type="empty"><property name="plugin-1" type="string" value="systray"/></property>
</channel>
PANEL
    xfce4-panel --disable-wm-check --sm-client-disable 2>/dev/null &
    desktop+=($!)
    sleep 5
    how=()
else
    export DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent
    how=(--no-tray)
fi
DUO_INTEGRATOR_SECRET_KEY=$secret "$program" collect "${how[@]}" --home "$home" 2>/dev/null &
collector=$!

ticks() { awk '{ print $14 + $15 }' "/proc/$collector/stat"; }
sleep 40
before=$(ticks)
sleep "$seconds"
after=$(ticks)
awk -v used=$((after - before)) -v hertz="$(getconf CLK_TCK)" -v span="$seconds" \
    'BEGIN { printf "processor  %.3f %% of a core\n", used / hertz / span * 100 }'
awk '/^(Rss|Pss):/ { printf "%-9s  %.1f MB\n", $1, $2 / 1000 }' "/proc/$collector/smaps_rollup"
printf 'threads    %s\n' "$(find "/proc/$collector/task" -mindepth 1 -maxdepth 1 | wc -l)"
if [ -n "$tray" ]; then
    busctl --address="$DBUS_SESSION_BUS_ADDRESS" get-property org.kde.StatusNotifierWatcher /StatusNotifierWatcher \
        org.kde.StatusNotifierWatcher RegisteredStatusNotifierItems | grep -q "Item-$collector-" &&
        echo "the icon is in the tray" || echo "the icon is NOT in the tray"
fi
