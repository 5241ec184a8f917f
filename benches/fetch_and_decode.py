"""Fetches and decodes authentication records with Duo's own client, and does nothing else.

Usage: fetch_and_decode.py PORT CA_FILE INTEGRATION_KEY SECRET_KEY MINTIME MAXTIME
Prints: records seconds
"""

import sys
import time

import duo_client

port, ca_file, integration_key, secret_key, mintime, maxtime = sys.argv[1:]
admin = duo_client.Admin(
    ikey=integration_key, skey=secret_key, host="127.0.0.1", port=int(port), ca_certs=ca_file
)
records, next_offset, started = 0, None, time.perf_counter()
while True:
    params = {"mintime": mintime, "maxtime": maxtime, "limit": "1000", "sort": "ts:asc"}
    if next_offset:
        params["next_offset"] = next_offset
    page = admin.get_authentication_log(api_version=2, **params)
    records += len(page["authlogs"])
    offset = page["metadata"].get("next_offset")
    if not offset or not page["authlogs"]:
        break
    next_offset = ",".join(offset)
print(records, time.perf_counter() - started)
