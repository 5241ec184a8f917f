"""Takes CEF or LEEF apart by the specifications alone and compares with what was meant.

Arguments: cef or leef. On standard input one JSON object a line: {"line": the event, "header": the
header's fields, "fields": what must be found}, and with {"plain": true} nothing that pycef stumbles
over. Prints what differs; exits 1 when anything does.
"""

import json
import re
import sys

import pycef


class Wrong(Exception):
    pass


def split_header(text, fields):
    """The first fields, which end at a pipe that no backslash precedes, and the rest."""
    parts, part, at = [], "", 0
    while len(parts) < fields:
        if at >= len(text):
            raise Wrong("the header ends early")
        if text[at] == "\\":
            if text[at + 1 : at + 2] not in ("\\", "|"):
                raise Wrong(f"a lone backslash in the header: {text[:200]}")
            part += text[at + 1]
            at += 2
        elif text[at] == "|":
            parts.append(part)
            part = ""
            at += 1
        else:
            part += text[at]
            at += 1
    return parts, text[at:]


def unescaped(text):
    out, at = "", 0
    while at < len(text):
        if text[at] == "\\":
            letter = text[at + 1 : at + 2]
            if letter not in ("\\", "=", "n", "r"):
                raise Wrong(f"a lone backslash in a value: {text[:200]}")
            out += {"n": "\n", "r": "\r"}.get(letter, letter)
            at += 2
        else:
            out += text[at]
            at += 1
    return out


def read_cef(line):
    header, rest = split_header(line, 7)
    if header[0] != "CEF:0":
        raise Wrong(f"not CEF: {line[:50]}")
    # A key is letters and digits before an equals sign that no backslash precedes.
    signs = []
    at = 0
    while at < len(rest):
        if rest[at] == "\\":
            at += 2
            continue
        if rest[at] == "=":
            signs.append(at)
        at += 1
    starts = []
    for sign in signs:
        key = re.search(r"(?:^| )([A-Za-z0-9_]+)$", rest[:sign])
        if not key:
            raise Wrong(f"an equals sign without a key: {rest[max(0, sign - 50):sign + 1]!r}")
        starts.append((key.start(1), key.group(1), sign + 1))
    fields = {}
    for place, (_, key, begin) in enumerate(starts):
        end = starts[place + 1][0] - 1 if place + 1 < len(starts) else len(rest)
        if key in fields:
            raise Wrong(f"{key} stands twice")
        fields[key] = unescaped(rest[begin:end])
    severity = int(header[6])
    if not 0 <= severity <= 10:
        raise Wrong(f"severity {severity}")
    return header[1:6], fields


def read_leef(line):
    parts = line.split("|", 6)
    if len(parts) != 7 or parts[0] != "LEEF:2.0":
        raise Wrong(f"not LEEF: {line[:50]}")
    delimiter = parts[5]
    if re.fullmatch(r"(0x|x)[0-9A-Fa-f]{2,4}", delimiter):
        delimiter = chr(int(delimiter.split("x")[1], 16))
    fields = {}
    for attribute in parts[6].split(delimiter):
        key, sign, value = attribute.partition("=")
        if not sign or not re.fullmatch(r"[A-Za-z0-9_]+", key):
            raise Wrong(f"no key: {attribute[:80]!r}")
        if key in fields:
            raise Wrong(f"{key} stands twice")
        fields[key] = value
    if not 1 <= int(fields["sev"]) <= 10:
        raise Wrong(f"severity {fields['sev']}")
    return parts[1:5], fields


def differences(kind, case):
    line = case["line"]
    if any(letter in line for letter in "\n\r\0"):
        yield "it is no single line"
    try:
        header, fields = {"cef": read_cef, "leef": read_leef}[kind](line)
    except Wrong as error:
        yield str(error)
        return
    if header[: len(case["header"])] != case["header"]:
        yield f"the header is {header}, not {case['header']}"
    for key, value in case["fields"].items():
        if fields.get(key) != value:
            yield f"{key} is {str(fields.get(key))[:200]!r}, not {str(value)[:200]!r}"
    if kind == "cef" and case.get("plain"):
        read = pycef.parse(line)
        for key, value in case["fields"].items():
            if (read or {}).get(key) not in (value, value.replace("=", "\\=").replace("\\", "\\\\")):
                yield f"pycef reads {key} as {(read or {}).get(key)!r}, not {value!r}"


def main():
    wrong = count = 0
    for number, text in enumerate(sys.stdin.buffer.read().split(b"\n"), 1):
        if not text:
            continue
        count += 1
        for difference in differences(sys.argv[1], json.loads(text)):
            wrong += 1
            print(f"line {number}: {difference}")
    print(f"{count} events, {wrong} differences")
    sys.exit(1 if wrong or not count else 0)


main()
