"""Reads CSV with Python's own reader and compares with what was meant.

On standard input: first a line with a JSON list of rows, each a list of fields; then the CSV.
"""

import csv
import io
import json
import sys

text = sys.stdin.buffer.read().decode()
meant, _, written = text.partition("\n")
csv.field_size_limit(10_000_000)
read = list(csv.reader(io.StringIO(written, newline=""), strict=True))
wrong = 0
for number, (have, want) in enumerate(zip(read, json.loads(meant)), 1):
    if have != want:
        wrong += 1
        print(f"line {number}: {str(have)[:500]}, not {str(want)[:500]}")
if len(read) != len(json.loads(meant)):
    wrong += 1
    print(f"{len(read)} lines, not {len(json.loads(meant))}")
print(f"{len(read)} lines, {wrong} differences")
sys.exit(1 if wrong else 0)
