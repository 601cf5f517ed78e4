"""Events that do harm: what cannot be carried out ends with its reason, and nothing else waits for it."""

import email
import email.policy
import http.server
import json
import socket
import threading

import pytest
from aiosmtpd.controller import Controller
from support.waiting import wait_until

SERVICE = "s"
ECHO = "def handler(event, context):\n    return event\n"
# An event that ends the process of whoever reads it.
POISONED = """
import json, os
def handler(event, context):
    if json.loads(event).get('poison'):
        os._exit(1)
    return 'good'
"""


def event(fc, request_id):
    return fc.send("GET", f"/mayfly/v1/events/{request_id}").json


def ended(fc, request_id, seconds=30.0):
    wait_until(lambda: event(fc, request_id)["status"] not in ("waiting", "running"), f"{request_id} ends", seconds)
    return event(fc, request_id)


def put_destination(fc, name, **destinations):
    config = {side: {"destination": where} for side, where in destinations.items()}
    wanted = {"maxAsyncRetryAttempts": 0, "destinationConfig": config}
    return fc.json("PUT", f"services/{SERVICE}/functions/{name}/async-invoke-config", wanted)


def caused_by(fc, request_id):
    """The events that this one led to."""
    listed = fc.send("GET", "/mayfly/v1/events", query="limit=1000").json["events"]
    return [one for one in listed if one.get("parent") == request_id]


def delivered(fc, request_id):
    wait_until(lambda: caused_by(fc, request_id), "its outcome is on its way")
    return ended(fc, caused_by(fc, request_id)[0]["id"])


def test_a_poison_event_is_dead_with_its_reason_and_stops_nobody(fc, make):
    call = make(POISONED)
    fc.put_async(SERVICE, call.name, maxAsyncRetryAttempts=1)
    poison = fc.later(SERVICE, call.name, b'{"poison": true}')
    good = [fc.later(SERVICE, call.name, b"{}") for _ in range(10)]
    assert {ended(fc, one)["status"] for one in good} == {"done"}
    dead = ended(fc, poison)
    assert (dead["status"], dead["cause"], dead["attempts"]) == ("dead", "FunctionError", 2), dead
    assert dead["signature"].startswith("Process exited unexpectedly") and len(dead["story"]) == 2, dead


def test_an_event_of_128_kb_is_taken_and_one_byte_more_is_not(fc, make):
    call = make(ECHO)
    headers = {"X-Fc-Invocation-Type": "Async"}
    assert fc.invoke(SERVICE, call.name, b"x" * (128 << 10), headers=headers).status == 202
    answer = fc.invoke(SERVICE, call.name, b"x" * ((128 << 10) + 1), headers=headers)
    assert answer.error == "400 EntityTooLarge" and "131072 bytes" in answer.json["ErrorMessage"]


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("acs:fc:local:{account}:services/s/functions/nobody", "destination function 'nobody' of service 's' does not exist"),
        ("acs:fc:local:42:services/s/functions/good", "is of account 42"),
        ("acs:mns:local:{account}:/queues/q/messages", "has no message queues and topics; take a function"),
        ("ftp://host/x", "neither a function"),
        ("mailto:ada", "no address such as"),
    ],
)
def test_a_destination_that_is_none_is_refused_with_a_remedy(fc, make, where, says):
    call = make(ECHO)
    answer = put_destination(fc, call.name, onSuccess=where.format(account=fc.key.account))
    assert answer.error == "400 InvalidArgument" and says in answer.json["ErrorMessage"], answer.body


def test_a_destination_that_goes_later_is_said_with_the_event(fc, make):
    call = make(ECHO)
    fc.make(SERVICE, "leaving", ECHO)
    arn = f"acs:fc:local:{fc.key.account}:services/{SERVICE}/functions/leaving"
    assert put_destination(fc, call.name, onSuccess=arn).status == 200
    assert fc.send("DELETE", f"services/{SERVICE}/functions/leaving").status == 204
    dead = delivered(fc, fc.later(SERVICE, call.name, b"1"))
    assert (dead["status"], dead["cause"]) == ("dead", "Invalid") and "leaving" in dead["signature"], dead


class Refuses(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(self.headers["X-Mayfly-Event-Id"])
        self.send_response(400)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_destination_that_always_fails_is_tried_and_given_up_with_its_reason(house):
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refuses)
    web.asked = []
    threading.Thread(target=web.serve_forever, daemon=True).start()
    server = house.start("fails", arguments=["--webhook-allow", "127.0.0.1"])
    fc = server.client()
    fc.make_service(SERVICE)
    fc.make(SERVICE, "f", ECHO)
    assert put_destination(fc, "f", onSuccess=f"http://127.0.0.1:{web.server_port}/x").status == 200
    request_id = fc.later(SERVICE, "f", b"1")
    dead = delivered(fc, request_id)
    assert (dead["cause"], dead["attempts"]) == ("FunctionError", 4), dead
    assert dead["signature"].endswith("answered #") and len(set(web.asked)) == 1 and len(web.asked) == 4
    assert event(fc, request_id)["status"] == "done", "the call itself went well"
    groups = fc.send("GET", "/mayfly/v1/dead").json["groups"]
    assert [group["signature"] for group in groups] == [dead["signature"]]
    fc.close()
    web.shutdown()
    web.server_close()


class Inbox:
    def __init__(self):
        self.mails, self.answers = [], []

    async def handle_DATA(self, server, session, envelope):
        if self.answers:
            return self.answers.pop(0)
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


def test_mails_are_delivered_tried_again_and_given_up_when_they_are_refused(house):
    inbox = Inbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sink = Controller(inbox, hostname="127.0.0.1", port=port)
    sink.start()
    server = house.start("mails", arguments=["--smtp", f"smtp://127.0.0.1:{port}", "--mail-from", "Shop <shop@example.com>"])
    fc = server.client()
    fc.make_service(SERVICE)
    fc.make(SERVICE, "writes", ECHO)
    fc.make(SERVICE, "fails", "def handler(event, context):\n    raise ValueError('no')\n")
    assert put_destination(fc, "writes", onSuccess="mailto:").status == 200
    assert put_destination(fc, "fails", onFailure="mailto:ops@example.com").status == 200
    assert "says nobody" in put_destination(fc, "fails", onFailure="mailto:").json["ErrorMessage"]

    inbox.answers[:] = ["451 come back later"]
    mail = {"to": ["ada@example.com", "bob@example.com"], "subject": "Grüße 你好", "text": "Zeile 1\nZeile 2 …", "html": "<p>ü</p>"}
    sent = delivered(fc, fc.later(SERVICE, "writes", json.dumps(mail).encode()))
    assert sent["status"] == "done" and "asks to come back later (451)" in sent["story"][0]["what"], sent
    (got,) = inbox.mails
    assert (got["from"], got["to"], got["subject"]) == ("Shop <shop@example.com>", "ada@example.com, bob@example.com", mail["subject"])
    assert got["message-id"] == f"<{sent['id']}@mayfly>"
    assert got.get_body(("plain",)).get_content().replace("\r\n", "\n").rstrip("\n") == mail["text"]
    assert got.get_body(("html",)).get_content().rstrip() == mail["html"]

    for body, says in ((b"no mail", "InvalidMail"), (json.dumps({**mail, "to": "ada"}).encode(), "InvalidMail")):
        dead = delivered(fc, fc.later(SERVICE, "writes", body))
        assert (dead["status"], dead["cause"], dead["story"][0]["code"]) == ("dead", "Invalid", says), dead
    inbox.answers[:] = ["554 never"]
    dead = delivered(fc, fc.later(SERVICE, "writes", json.dumps(mail).encode()))
    assert (dead["cause"], dead["attempts"], dead["story"][0]["code"]) == ("Invalid", 1, "MailRefused"), dead

    nothing = fc.later(SERVICE, "writes", b"")
    assert ended(fc, nothing)["status"] == "done"
    failed = delivered(fc, fc.later(SERVICE, "fails", b"1"))
    assert failed["status"] == "done" and "ValueError" in inbox.mails[-1].get_body(("plain",)).get_content()
    assert (inbox.mails[-1]["to"], inbox.mails[-1]["subject"]) == ("ops@example.com", "s/fails failed for good")
    assert caused_by(fc, nothing) == []
    fc.close()
    sink.stop()


def test_without_a_mail_server_mails_wait_and_say_so(fc, make):
    call = make(ECHO)
    put_destination(fc, call.name, onSuccess="mailto:")
    request_id = fc.later(SERVICE, call.name, b'{"to": "a@b", "subject": "x", "text": "y"}')
    wait_until(lambda: caused_by(fc, request_id), "the mail is on its way")
    mail = caused_by(fc, request_id)[0]["id"]
    wait_until(lambda: event(fc, mail)["story"], "it was tried")
    assert event(fc, mail)["status"] == "waiting" and "--smtp" in event(fc, mail)["story"][0]["what"]
