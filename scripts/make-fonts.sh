#!/usr/bin/env bash
# Makes the fonts under assets/fonts from their published originals, cut down to what the window
# needs. Run it after adding an icon to src/window/look/icons.rs.
#
#   scripts/make-fonts.sh [WORK_FOLDER]
#
# Originals, by package:
#   inter-ui 4.1.1 (npm)              Inter 4.001, SIL Open Font License 1.1, no reserved name
#   @phosphor-icons/web 2.1.2 (npm)   Phosphor 2.1, MIT
#   fonts-jetbrains-mono (Debian)     JetBrains Mono 2.242, SIL Open Font License 1.1, no reserved name
#
# Needs npm, and from Debian: fonttools python3-brotli fonts-jetbrains-mono.
#
# None of the three reserves its name, so the cut-down fonts keep it. Contextual alternates and
# ligatures are left out: a key, an id or a name must show the very characters it has.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null

work=${1:-$(mktemp -d)}
mkdir -p "$work"
target=$PWD/assets/fonts
mono=/usr/share/fonts/truetype/jetbrains-mono/JetBrainsMono-Regular.ttf
python=${PYTHON:-/usr/bin/python3}

fetch() {
    [ -d "$work/$2" ] && return
    mkdir -p "$work/$2"
    (cd "$work/$2" && tar -xzf "$(npm pack --silent "$1")" --strip-components=1)
}
fetch inter-ui@4.1.1 inter
fetch @phosphor-icons/web@2.1.2 phosphor

# Latin with all its extensions, IPA, modifiers, accents, Greek, Cyrillic, Vietnamese, polytonic
# Greek, punctuation, super- and subscripts, currency, letterlike signs, number forms, arrows,
# mathematics, keys, box corners and geometric signs.
letters=U+0020-007E,U+00A0-052F,U+1C80-1C8F,U+1D00-1DBF,U+1E00-1FFF,U+2000-206F,U+2070-209F
signs=U+20A0-20C0,U+2100-218B,U+2190-21FF,U+2200-22FF,U+2300-23FF,U+2500-25FF,U+2C60-2C7F
more=U+2DE0-2DFF,U+A640-A69F,U+A720-A7FF,U+FB00-FB06,U+FFFD

cut() { # FROM TO UNICODES FEATURES
    "$python" -m fontTools.subset "$1" --output-file="$2" --unicodes="$3" --layout-features="$4" \
        --no-hinting --desubroutinize --notdef-outline --name-IDs=0,1,2,3,4,5,6,13,14 \
        --drop-tables+=DSIG,meta
}

shape=kern,mark,mkmk,ccmp,locl
cut "$work/inter/web/Inter-Regular.woff2" "$target/Inter-Regular.ttf" "$letters,$signs,$more" "$shape"
cut "$work/inter/web/Inter-SemiBold.woff2" "$target/Inter-SemiBold.ttf" "$letters,$signs,$more" "$shape"
cut "$mono" "$target/JetBrainsMono-Regular.ttf" "$letters,$signs,$more" "mark,mkmk,ccmp,locl"

# Numbers that keep their width: the tabular digits take the place of the ordinary ones.
"$python" - "$work" <<'PYTHON'
import sys
from fontTools.ttLib import TTFont

work = sys.argv[1]
for weight in ("Regular", "SemiBold"):
    font = TTFont(f"{work}/inter/web/Inter-{weight}.woff2")
    font.flavor = None
    table = font["GSUB"].table
    tabular = {}
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == "tnum":
            for index in record.Feature.LookupListIndex:
                for subtable in table.LookupList.Lookup[index].SubTable:
                    tabular.update(getattr(subtable, "ExtSubTable", subtable).mapping)
    for cmap in font["cmap"].tables:
        for code, glyph in list(cmap.cmap.items()):
            cmap.cmap[code] = tabular.get(glyph, glyph)
    widths = {font["hmtx"][font.getBestCmap()[ord(digit)]][0] for digit in "0123456789"}
    assert len(widths) == 1, widths
    font.save(f"{work}/Tabular-{weight}.ttf")
PYTHON
figures="U+0020-007E,U+00A0,U+00B0,U+00B1,U+00B5,U+00B7,U+00D7,U+2009,U+200A,U+202F,U+2007,U+2013,U+2014,U+2026,U+2212,U+2191,U+2193,U+2248,U+2264,U+2265,U+221E"
cut "$work/Tabular-Regular.ttf" "$target/Inter-Tabular-Regular.ttf" "$figures" ""
cut "$work/Tabular-SemiBold.ttf" "$target/Inter-Tabular-SemiBold.ttf" "$figures" "kern"

icons=$(grep -o '\\u{[0-9a-f]*}' src/window/look/icons.rs | sed 's/\\u{\(.*\)}/U+\1/' | sort -u | paste -sd,)
cut "$work/phosphor/src/regular/Phosphor.ttf" "$target/Phosphor.ttf" "$icons" ""

sed '1s/.*/Copyright 2016 The Inter Project Authors (https:\/\/github.com\/rsms\/inter)/' \
    "$work/inter/LICENSE.txt" >"$target/Inter-OFL.txt"
sed '1s/.*/Copyright 2020 The JetBrains Mono Project Authors (https:\/\/github.com\/JetBrains\/JetBrainsMono)/' \
    "$work/inter/LICENSE.txt" >"$target/JetBrainsMono-OFL.txt"
cp "$work/phosphor/LICENSE" "$target/Phosphor-MIT.txt"
ls -l "$target"
