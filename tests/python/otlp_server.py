"""Reads OTLP over HTTP with OpenTelemetry's own messages and Google's reader of JSON.

otlp_server.py FOLDER

Prints its port. A request that the reader does not understand, unknown fields included, gets 400.
`GET /` gives what was understood, one log record after the other.
"""

import gzip
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as service

RECORDS = []


def texts(attributes):
    return {attribute.key: attribute.value.string_value for attribute in attributes}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        try:
            if self.path != "/v1/logs" or self.headers["Content-Type"] != "application/json":
                raise ValueError(f"{self.path} {self.headers['Content-Type']}")
            request = json_format.Parse(body, service.ExportLogsServiceRequest())
        except Exception as error:
            return self.say(400, {"message": str(error)})
        for resource in request.resource_logs:
            about = texts(resource.resource.attributes)
            for scope in resource.scope_logs:
                for record in scope.log_records:
                    RECORDS.append({
                        "resource": about,
                        "scope": scope.scope.name,
                        "time": record.time_unix_nano,
                        "observed": record.observed_time_unix_nano,
                        "severity": record.severity_number,
                        "event": record.event_name,
                        "body": record.body.string_value,
                        "attributes": texts(record.attributes),
                    })
        return self.say(200, json_format.MessageToDict(service.ExportLogsServiceResponse()))

    def do_GET(self):
        self.say(200, RECORDS)

    def say(self, status, what):
        said = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
