#!/usr/bin/env bash
# Makes the pictures of the application icon and of the tray from their drawings.
#
#   scripts/make-icons.sh
#
# Needs, from Debian: librsvg2-bin icoutils icnsutils. All drawings are our own.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../assets"
exec </dev/null

draw() { rsvg-convert --width="$2" --height="$2" --output="$3" "$1"; }

# At 16 and 24 pixels the full drawing is a blur: there is a simpler one.
for size in 16 24; do
    draw icon/duo-integrator-small.svg $size icon/duo-integrator-$size.png
done
for size in 32 48 64 128 256 512; do
    draw icon/duo-integrator.svg $size icon/duo-integrator-$size.png
done
icotool --create --output=icon/duo-integrator.ico \
    icon/duo-integrator-{16,24,32,48,64,128}.png --raw=icon/duo-integrator-256.png
png2icns icon/duo-integrator.icns icon/duo-integrator-{16,32,48,128,256,512}.png >/dev/null

for state in collecting current attention paused; do
    for size in 16 22 24 32 48 64; do
        draw tray/$state.svg $size tray/$state-$size.png
    done
done
