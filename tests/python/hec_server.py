"""As much of Splunk's HTTP Event Collector as its documentation tells, with a reader of its own.

hec_server.py FOLDER

Prints its port. The token is `hec-token`; events are indexed a moment after they were taken, and an
acknowledgment that was read as true once is false afterwards. An event whose `event.txid` ends in
`~bad` cannot be read. The second request is answered with 503, and after the first that is taken
from the third on, the connection is closed without an answer, the events being taken all the same. `GET /` gives
what was taken.
"""

import gzip
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

TAKEN, ACKS, LOCK = [], {}, Lock()
COUNT, LOST = [0], []
KNOWN = {"time", "host", "source", "sourcetype", "index", "event", "fields"}


def events(text):
    """Objects one after the other; commas between them would be a mistake."""
    reader, at = json.JSONDecoder(), 0
    text = text.rstrip()
    while at < len(text):
        event, at = reader.raw_decode(text, at)
        yield event
        while at < len(text) and text[at] in " \r\n\t":
            at += 1


def trouble(event):
    if "event" not in event:
        return 12, "Event field is required"
    if event["event"] in ("", None):
        return 13, "Event field cannot be blank"
    if not isinstance(event.get("time"), (int, float)) or set(event) - KNOWN:
        return 6, "Invalid data format"
    fields = event.get("fields", {})
    if any(not isinstance(value, (str, int, float)) for value in fields.values()):
        return 15, "Error in handling indexed fields"
    if isinstance(event["event"], dict) and str(event["event"].get("txid")).endswith("~bad"):
        return 15, "Error in handling indexed fields"
    return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.headers.get("Authorization") != "Splunk hec-token":
            return self.say(403, {"text": "Invalid token", "code": 4})
        channel = self.headers.get("X-Splunk-Request-Channel")
        if not channel:
            return self.say(400, {"text": "Data channel is missing", "code": 10})
        if self.path == "/services/collector/ack":
            with LOCK:
                known = {
                    str(ack): ACKS.get((channel, ack), time.time() + 1) <= time.time()
                    for ack in json.loads(body)["acks"]
                }
                for ack, ready in known.items():
                    if ready:
                        del ACKS[(channel, int(ack))]
            return self.say(200, {"acks": known})
        if self.path != "/services/collector/event":
            return self.say(404, {"text": "The requested URL was not found on this server.", "code": 404})
        COUNT[0] += 1
        if COUNT[0] == 2:
            return self.say(503, {"text": "Server is busy", "code": 9}, {"Retry-After": "1"})
        batch = list(events(body.decode()))
        for number, event in enumerate(batch):
            found = trouble(event)
            if found:
                code, text = found
                return self.say(400, {"text": text, "code": code, "invalid-event-number": number})
        with LOCK:
            TAKEN.extend(batch)
            ack = len(TAKEN)
            ACKS[(channel, ack)] = time.time() + 0.05
        if COUNT[0] >= 3 and not LOST:
            LOST.append(ack)
            self.close_connection = True
            return None
        return self.say(200, {"text": "Success", "code": 0, "ackId": ack})

    def do_GET(self):
        self.say(200, TAKEN)

    def say(self, status, what, headers=None):
        said = json.dumps(what).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
