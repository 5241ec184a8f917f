#!/usr/bin/env python3
"""Checks the app for macOS as far as any system can: its layout, its property lists, its icon.

    scripts/check-macos-bundle.py "…/Duo Security Integrator.app"

Says nothing when all is as it should be. That the program in it runs, and what Apple's own tools think of the
signature, only a Mac can tell.
"""

import pathlib
import plistlib
import re
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent.parent
wrong = []


def check(sentence, so):
    if not so:
        wrong.append(sentence)


def icon_kinds(data):
    """The kinds of pictures in an .icns file; each is a name of four letters, a length, and the picture."""
    kinds, place = [], 8
    if data[:4] != b"icns" or struct.unpack(">I", data[4:8])[0] != len(data):
        return kinds
    while place < len(data):
        kind, length = struct.unpack(">4sI", data[place : place + 8])
        kinds.append(kind.decode("latin-1"))
        place += max(length, 8)
    return kinds


def main(app):
    contents = app / "Contents"
    info = plistlib.loads((contents / "Info.plist").read_bytes())
    version = re.search(r'^version *= *"([^"]+)"', (HERE / "Cargo.toml").read_text(), re.M).group(1)
    for key in ("CFBundleShortVersionString", "CFBundleVersion"):
        check(f"{key} is {version}", info.get(key) == version)
    check("it is an app", info.get("CFBundlePackageType") == "APPL")
    check("it has an identifier", re.fullmatch(r"[A-Za-z0-9.-]+", info.get("CFBundleIdentifier", "")))
    check("it is sharp on every screen", info.get("NSHighResolutionCapable") is True)
    program = contents / "MacOS" / info.get("CFBundleExecutable", "?")
    check("its program is there and can be run", program.is_file() and program.stat().st_mode & 0o111 == 0o111)
    check("nothing else is beside the program", [path.name for path in program.parent.iterdir()] == [program.name])
    icon = contents / "Resources" / info.get("CFBundleIconFile", "?")
    check("its icon is there", icon.is_file())
    if icon.is_file():
        kinds = icon_kinds(icon.read_bytes())
        # 128 (in its older form), 256 and 512 pixels. Source: https://en.wikipedia.org/wiki/Apple_Icon_Image_format
        check(f"its icon has the large sizes, and not only {kinds}", {"it32", "ic08", "ic09"} <= set(kinds))
    for name in ("LICENSE-MIT", "LICENSE-APACHE", "licenses.txt", "daemon.sh"):
        check(f"{name} is there", (contents / "Resources" / name).is_file())

    home = pathlib.PurePosixPath("/Applications", app.name, "Contents/MacOS", program.name)
    for name, label in (("duo-integrator", "duo-integrator"), ("com.duo-integrator.collector",) * 2):
        plist = plistlib.loads((contents / "Resources" / f"{name}.plist").read_bytes())
        check(f"{name}.plist has its label", plist.get("Label") == label)
        check(f"{name}.plist starts the program of the app", plist["ProgramArguments"][0] == str(home))
        check(f"{name}.plist collects", "collect" in plist["ProgramArguments"])
    check("no entitlement is asked for", plistlib.loads((HERE / "installer/macos/entitlements.plist").read_bytes()) == {})
    for path in app.rglob("*"):
        check(f"{path} is no link and nobody else can write it", not path.is_symlink() and path.stat().st_mode & 0o022 == 0)


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(pathlib.Path(sys.argv[1]))
for sentence in wrong:
    print(f"not so: {sentence}", file=sys.stderr)
sys.exit(1 if wrong else 0)
