#!/usr/bin/env python3
"""Makes assets/map/world.bin, the shapes of the world map, from Natural Earth (public domain).

usage: scripts/make-map.py WORLD_ATLAS CODES

WORLD_ATLAS: the unpacked npm package world-atlas 2.0.2 (Natural Earth 4.1 as TopoJSON).
CODES: codes.json of the unpacked npm package i18n-iso-countries 7.14 (ISO 3166: number to letters).
    npm pack world-atlas@2.0.2 i18n-iso-countries@7.14.0

The file, all numbers as variable-length integers (7 bits a byte, the lowest first), signed ones
zigzag: "DUOMAP1\n"; width and height of the grid; how many shapes; for each the two letters of its
country, how many points, the points as differences (x, y), how many triangles, their corners as
differences of indices; then how many dots, for each the two letters, x and y. Countries that the
coarse map leaves out are dots. Shapes are projected already (Natural Earth projection), y down,
and lie in the order they are drawn in: large ones first, so that what lies inside another is seen.
"""
import json, math, struct, sys
from pathlib import Path

GRID = 8192
SOUTH, NORTH = -56.5, 83.7
# Who draws borders otherwise still collects by ISO 3166, as geolocation does.
WITHOUT_NUMBER = {"N. Cyprus": "CY", "Somaliland": "SO", "Kosovo": "XK", "Siachen Glacier": None,
                  "Indian Ocean Ter.": None}
LEFT_OUT = {"AQ", "HM", "TF", "UM"}
# Parts of France and others that Natural Earth does not tell apart, and what is too small for it.
MORE_DOTS = {"GF": (-53.0, 4.0), "GP": (-61.5, 16.2), "MQ": (-61.0, 14.65), "YT": (45.15, -12.8),
             "RE": (55.5, -21.1), "GI": (-5.35, 36.13), "TV": (179.2, -8.52), "BQ": (-68.27, 12.18),
             "SJ": (16.0, 78.3), "CX": (105.65, -10.45), "CC": (96.85, -12.15), "TK": (-171.85, -9.2)}


def project(lon, lat):
    """Natural Earth projection by T. Patterson; polynomial by B. Šavrič."""
    lam, phi = math.radians(lon), math.radians(lat)
    p2 = phi * phi
    p4 = p2 * p2
    x = lam * (0.8707 - 0.131979 * p2 + p4 * (-0.013791 + p4 * (0.003971 * p2 - 0.001529 * p4)))
    y = phi * (1.007226 + p2 * (0.015085 + p4 * (-0.044475 + 0.028874 * p2 - 0.005916 * p4)))
    return x, y


LEFT, RIGHT = -project(180, 0)[0], project(180, 0)[0]
TOP, BOTTOM = project(0, NORTH)[1], project(0, SOUTH)[1]
SCALE = (GRID - 1) / (RIGHT - LEFT)
HEIGHT = math.ceil((TOP - BOTTOM) * SCALE) + 1


def grid(lon, lat):
    x, y = project(lon, min(max(lat, SOUTH), NORTH))
    return round((x - LEFT) * SCALE), round((TOP - y) * SCALE)


def rings_of(atlas):
    """Country name and number with its outer rings in degrees."""
    scale, move = atlas["transform"]["scale"], atlas["transform"]["translate"]
    arcs = []
    for arc in atlas["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * scale[0] + move[0], y * scale[1] + move[1]))
        arcs.append(points)

    def ring(indices):
        points = []
        for index in indices:
            arc = arcs[index] if index >= 0 else arcs[~index][::-1]
            points += arc[1:] if points else arc
        return points

    for shape in atlas["objects"]["countries"]["geometries"]:
        many = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        # Holes are where another country lies, which is drawn later.
        rings = [part for polygon in many for part in cut(ring(polygon[0])[:-1])]
        yield shape.get("id"), shape["properties"]["name"], rings


def cut(points):
    """A ring in degrees that crosses the date line, in two; others as they are."""
    unrolled = [points[0]]
    for x, y in points[1:]:
        before = unrolled[-1][0]
        unrolled.append((x + 360 * round((before - x) / 360), y))
    parts = []
    for turn in (-360, 0, 360):
        part = [(x + turn, y) for x, y in unrolled]
        for edge, side in ((180, 1), (-180, -1)):
            kept = []
            for a, b in zip(part[-1:] + part[:-1], part):
                inside, was = side * b[0] <= 180, side * a[0] <= 180
                if inside != was:
                    share = (edge - a[0]) / (b[0] - a[0])
                    kept.append((edge, a[1] + share * (b[1] - a[1])))
                if inside:
                    kept.append(b)
            part = kept
        if len(part) > 2:
            parts.append(part)
    return parts


def area(points):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1])) / 2


def tidy(points):
    """On the grid, without repeated points and points on a straight line; counterclockwise."""
    points = [p for p, before in zip(points, points[-1:] + points[:-1]) if p != before]
    changed = True
    while changed and len(points) > 3:
        changed = False
        for i in range(len(points)):
            a, b, c = points[i - 1], points[i], points[(i + 1) % len(points)]
            if cross(a, b, c) == 0:
                del points[i]
                changed = True
                break
    return points if area(points) > 0 else points[::-1]


def cross(a, b, c):
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def triangles(points):
    """Ear clipping."""
    left = list(range(len(points)))
    found = []
    while len(left) > 3:
        best = None
        for i in range(len(left)):
            a, b, c = (points[left[i - 1]], points[left[i]], points[left[(i + 1) % len(left)]])
            if cross(a, b, c) <= 0:
                continue
            inside = any(
                cross(a, b, points[p]) >= 0 and cross(b, c, points[p]) >= 0 and cross(c, a, points[p]) >= 0
                for p in left if points[p] not in (a, b, c))
            if not inside:
                best = i
                break
        if best is None:
            # A ring that touches itself: give up the flattest corner.
            best = min(range(len(left)), key=lambda i: abs(cross(
                points[left[i - 1]], points[left[i]], points[left[(i + 1) % len(left)]])))
        found.append((left[best - 1], left[best], left[(best + 1) % len(left)]))
        del left[best]
    found.append(tuple(left))
    return found


def number(out, n):
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)


def signed(out, n):
    number(out, n << 1 if n >= 0 else (-n << 1) - 1)


def main():
    atlas, codes = Path(sys.argv[1]), json.load(open(sys.argv[2]))
    letters = {line[2]: line[0] for line in codes}

    def code(iso, name):
        return letters.get(iso) if iso else WITHOUT_NUMBER[name]

    shapes, dots = [], {}
    for iso, name, rings in rings_of(json.load(open(atlas / "countries-110m.json"))):
        country = code(iso, name)
        if country is None or country in LEFT_OUT:
            continue
        for ring in rings:
            points = tidy([grid(*p) for p in ring])
            if len(points) >= 3 and area(points) > 0:
                shapes.append((country, points))
    shapes.sort(key=lambda shape: -area(shape[1]))
    there = {country for country, _ in shapes}
    for iso, name, rings in rings_of(json.load(open(atlas / "countries-50m.json"))):
        country = code(iso, name)
        if country is None or country in LEFT_OUT or country in there or name == "Ashmore and Cartier Is.":
            continue
        ring = max(rings, key=lambda ring: abs(area(ring)))
        size = area(ring)
        pairs = list(zip(ring, ring[1:] + ring[:1]))
        x = sum((a[0] + b[0]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (6 * size)
        y = sum((a[1] + b[1]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (6 * size)
        dots[country] = grid(x, y)
    for country, place in MORE_DOTS.items():
        dots.setdefault(country, grid(*place))

    out = bytearray(b"DUOMAP1\n")
    number(out, GRID)
    number(out, HEIGHT)
    number(out, len(shapes))
    for country, points in shapes:
        out += country.encode()
        number(out, len(points))
        x = y = 0
        for point in points:
            signed(out, point[0] - x)
            signed(out, point[1] - y)
            x, y = point
        corners = triangles(points)
        covered = sum(abs(cross(*(points[i] for i in corner))) / 2 for corner in corners)
        if abs(covered - area(points)) > 0.01 * area(points) + 2:
            print(f"{country}: triangles cover {covered:.0f} of {area(points):.0f}", file=sys.stderr)
        number(out, len(corners))
        before = 0
        for corner in corners:
            for index in corner:
                signed(out, index - before)
                before = index
    number(out, len(dots))
    for country, (x, y) in sorted(dots.items()):
        out += country.encode()
        number(out, x)
        number(out, y)
    here = Path(__file__).resolve().parent.parent / "assets/map"
    (here / "world.bin").write_bytes(out)
    named = {line.split("\t")[0] for line in (here / "countries.tsv").read_text().splitlines()
             if line and not line.startswith("#")} if (here / "countries.tsv").exists() else set()
    missing = sorted((there | set(dots)) - named)
    print(f"{len(out)} bytes, {GRID}x{HEIGHT}, {len(shapes)} shapes of {len(there)} countries, "
          f"{len(dots)} dots, {sum(len(s[1]) for s in shapes)} points; without a name: {missing}")


main()
