#!/bin/sh
# Writes assets/licenses.tsv, which the window shows under Settings, About: name, version and license of
# every library that is built into the program, on whichever system.
set -eu
cd "$(dirname "$0")/.."
cargo metadata --format-version 1 --locked | python3 -c '
import json, sys

metadata = json.load(sys.stdin)
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
root = metadata["resolve"]["root"]
found, open_ = set(), [root]
while open_:
    node = nodes[open_.pop()]
    for dependency in node["deps"]:
        kinds = {kind["kind"] for kind in dependency["dep_kinds"]}
        if None in kinds and dependency["pkg"] not in found:
            found.add(dependency["pkg"])
            open_.append(dependency["pkg"])
rows = sorted(
    (packages[name]["name"], packages[name]["version"], packages[name]["license"] or "see its license file")
    for name in found
)
for row in rows:
    print("\t".join(row))
' > assets/licenses.tsv
