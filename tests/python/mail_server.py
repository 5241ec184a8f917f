"""A real mail server on this computer, for the tests: keeps each message as a file.

mail_server.py FOLDER PORT none|starttls|tls [CERTIFICATE KEY] [USER PASSWORD]

Prints its port once it listens. Each message becomes FOLDER/<number>.json with sender, recipients, whether TLS
was in use, who was logged in, and the message. While FOLDER/say holds a reply, that is what a message gets.
"""

import asyncio
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder, port, how = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
rest = sys.argv[4:]
context = None
if how != "none":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(rest[0], rest[1])
    rest = rest[2:]
login = tuple(text.encode() for text in rest)


class Keep:
    count = 0

    async def handle_DATA(self, server, session, envelope):
        say = folder / "say"
        if say.exists():
            return say.read_text().strip()
        Keep.count += 1
        kept = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": how == "tls" or session.ssl is not None,
            "user": session.auth_data.login.decode() if session.auth_data else None,
            "message": envelope.content.decode("ascii"),
        }
        half = folder / "half"
        half.write_text(json.dumps(kept))
        half.rename(folder / f"{Keep.count}.json")
        return f"250 2.0.0 Ok: kept as {Keep.count}"


def check(server, session, envelope, mechanism, data):
    right = (data.login, data.password) == login
    # Not handled: the server itself says what a refusal is.
    return AuthResult(success=right, handled=False, auth_data=data)


async def main():
    loop = asyncio.get_running_loop()

    def conversation():
        options = {"hostname": "mail.example.com", "loop": loop}
        if login:
            options |= {"authenticator": check, "auth_required": True, "auth_require_tls": how == "starttls"}
        if how == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
        return SMTP(Keep(), **options)

    server = await loop.create_server(conversation, "127.0.0.1", port, ssl=context if how == "tls" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
