"""A mail server that keeps what it is given: sink.py PORT FILE [REFUSED].

A line of JSON for each mail, written before it is taken. An address in the file REFUSED is refused for good (550).
Ends with its standard input, so that it outlives nobody.
"""

import email
import email.policy
import json
import os
import pathlib
import sys

from aiosmtpd.controller import Controller


class Inbox:
    def __init__(self, file, refused):
        self.file, self.refused = file, refused

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refused and self.refused.exists() and address in self.refused.read_text().split():
            return "550 no such person here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        text = mail.get_body(("plain",)).get_content()
        line = {"to": envelope.rcpt_tos, "subject": mail["subject"], "id": mail["message-id"], "text": text}
        with open(self.file, "a") as out:
            out.write(json.dumps(line) + "\n")
            out.flush()
            os.fsync(out.fileno())
        return "250 OK"


refused = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
sink = Controller(Inbox(sys.argv[2], refused), hostname="127.0.0.1", port=int(sys.argv[1]))
sink.start()
print("ready", flush=True)
sys.stdin.read()
sink.stop()
