"""A Kafka cluster on this computer, for the tests: the one that librdkafka brings along to test itself.

kafka_broker.py [--tls CERTIFICATE KEY [CLIENTS_CA]] [--scram USER PASSWORD] TOPIC...

Makes the topics, prints where programs may connect and, after a blank, where readers may, and ends with its
standard input. Before each broker stands a relay that speaks TLS and checks a password (SCRAM-SHA-256 and
-512) where that is asked for, which that cluster cannot. It also answers the first question of a connection
for it, when asked in too new a form: the cluster's own refusal is not written as the protocol has it.
"""

import argparse
import asyncio
import base64
import hashlib
import hmac
import os
import ssl
import struct
import sys

from confluent_kafka import Producer

API_VERSIONS, METADATA, HANDSHAKE, AUTHENTICATE = 18, 3, 17, 36

parser = argparse.ArgumentParser()
parser.add_argument("--tls", nargs="+")
parser.add_argument("--scram", nargs=2)
parser.add_argument("topics", nargs="*")
wanted = parser.parse_args()

context = None
if wanted.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*wanted.tls[:2])
    if len(wanted.tls) > 2:
        context.load_verify_locations(wanted.tls[2])
        context.verify_mode = ssl.CERT_REQUIRED


class Scram:
    """The server's half of SCRAM (RFC 5802)."""

    def __init__(self, mechanism):
        self.hash = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}[mechanism]
        self.first = None

    def digest(self, key, text):
        return hmac.new(key, text, self.hash).digest()

    def answer(self, message):
        """The next message of the server, or None for one that is refused."""
        user, password = wanted.scram
        fields = dict(field.split("=", 1) for field in message.decode().split(",") if "=" in field)
        if self.first is None:
            bare = message.decode().split(",", 2)[2]
            nonce = fields["r"] + base64.b64encode(os.urandom(18)).decode()
            self.salt = os.urandom(16)
            self.first = f"r={nonce},s={base64.b64encode(self.salt).decode()},i=4096"
            self.log = f"{bare},{self.first},".encode()
            return self.first.encode() if fields["n"] == user else None
        salted = hashlib.pbkdf2_hmac(self.hash, password.encode(), self.salt, 4096)
        log = self.log + message.rsplit(b",p=", 1)[0]
        client_key = self.digest(salted, b"Client Key")
        stored = hashlib.new(self.hash, client_key).digest()
        signature = self.digest(stored, log)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        if not hmac.compare_digest(proof, base64.b64decode(fields["p"])):
            return None
        return b"v=" + base64.b64encode(self.digest(self.digest(salted, b"Server Key"), log))


def short(text):
    return struct.pack(">h", len(text)) + text


def relay(target, ports):
    """Serves one broker; `ports` are those of brokers and of the relays before them."""

    async def serve(reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
        asked = {}
        let_in, scram = wanted.scram is None, None

        def say(number, body):
            writer.write(struct.pack(">ii", 4 + len(body), number) + body)

        async def back():
            while True:
                (length,) = struct.unpack(">i", await far_reader.readexactly(4))
                frame = await far_reader.readexactly(length)
                about = asked.pop(frame[:4], None)
                if about == API_VERSIONS and wanted.scram:
                    (count,) = struct.unpack(">i", frame[6:10])
                    more = struct.pack(">ihhhhhh", count + 2, HANDSHAKE, 0, 1, AUTHENTICATE, 0, 1)
                    frame = frame[:6] + more + frame[10:]
                if about == METADATA:
                    for broker, before in ports.items():
                        old, new = (b"127.0.0.1" + struct.pack(">i", port) for port in (broker, before))
                        frame = frame.replace(old, new)
                writer.write(struct.pack(">i", len(frame)) + frame)
                await writer.drain()

        returning = asyncio.create_task(back())
        try:
            while True:
                (length,) = struct.unpack(">i", await reader.readexactly(4))
                frame = await reader.readexactly(length)
                api, version, number, name = struct.unpack(">hhih", frame[:10])
                body = frame[10 + max(name, 0) :]
                if api == API_VERSIONS and version > 2:
                    say(number, struct.pack(">hihhh", 35, 1, API_VERSIONS, 0, 2))
                elif api == HANDSHAKE and wanted.scram:
                    mechanism = body[2:].decode()
                    scram = Scram(mechanism) if mechanism.startswith("SCRAM-") else None
                    say(number, struct.pack(">hi", 0 if scram else 33, 1) + short(b"SCRAM-SHA-512"))
                elif api == AUTHENTICATE and scram:
                    last = scram.first is not None
                    answer = scram.answer(body[4:])
                    let_in = last and answer is not None
                    failed = answer is None
                    text = short(b"Authentication failed") if failed else struct.pack(">h", -1)
                    token = answer or b""
                    ending = struct.pack(">q", 0) if version else b""
                    say(number, struct.pack(">h", 58 if failed else 0) + text + struct.pack(">i", len(token)) + token + ending)
                    await writer.drain()
                    if failed:
                        return
                elif not let_in and api != API_VERSIONS:
                    return
                else:
                    asked[frame[4:8]] = api
                    far_writer.write(struct.pack(">i", length) + frame)
                    await far_writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            returning.cancel()
            far_writer.close()
            writer.close()

    return serve


async def main():
    # Kept in hand: the cluster lives as long as the producer.
    producer = Producer({"test.mock.num.brokers": 3, "log_level": 0})
    brokers = [broker.port for broker in producer.list_topics(timeout=10).brokers.values()]
    for topic in wanted.topics:
        producer.list_topics(topic, timeout=10)
    ports = {}
    for broker in brokers:
        server = await asyncio.start_server(relay(broker, ports), "127.0.0.1", 0, ssl=context)
        ports[broker] = server.sockets[0].getsockname()[1]
    told = [",".join(f"127.0.0.1:{port}" for port in some) for some in (ports.values(), brokers)]
    print(*told, flush=True)
    await asyncio.to_thread(sys.stdin.read)


asyncio.run(main())
