"""ClickHouse's own engine (chdb) behind as much of its HTTP interface as an insertion needs.

clickhouse_server.py FOLDER

Prints its port. Statements come as the parameter `query` or as the body; all other parameters are
settings, which the engine checks. A failure has the engine's own number in the header that the
server puts it in.
"""

import gzip
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from chdb import session

ENGINE = session.Session(sys.argv[1])
ONE_AT_A_TIME = threading.Lock()
# Those that the server's HTTP interface takes for itself.
NOT_SETTINGS = {"query", "wait_end_of_query"}


def run(statement, settings, rows):
    if rows is None:
        return str(ENGINE.query(statement, "JSONEachRow"))
    head, form = statement.rsplit(" FORMAT ", 1)
    set_to = ", ".join(f"{name} = '{value}'" for name, value in settings)
    return str(ENGINE.query(f"{head} SETTINGS {set_to} FORMAT {form}\n{rows}"))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        parameters = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        statement = parameters.get("query")
        settings = [pair for pair in parameters.items() if pair[0] not in NOT_SETTINGS]
        rows = body.decode() if statement else None
        try:
            with ONE_AT_A_TIME:
                status, said = 200, run(statement or body.decode(), settings, rows)
        except Exception as error:  # The engine tells everything by one kind.
            status, said = 500, str(error)
        self.send_response(status)
        number = re.search(r"Code: (\d+)", said) if status == 500 else None
        if number:
            self.send_header("X-ClickHouse-Exception-Code", number.group(1))
        said = said.encode()
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
