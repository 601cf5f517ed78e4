"""Does on the network what its event says, and tells how each went."""

import errno
import hashlib
import json
import os
import socket
import ssl
import time
import urllib.request


def timed(job):
    begun = time.monotonic()
    try:
        what = job()
    except OSError as error:
        reason = getattr(error, "reason", error)
        what = errno.errorcode.get(reason.errno, type(reason).__name__)
    return [what, time.monotonic() - begun]


def fetch(url):
    with urllib.request.urlopen(url, timeout=20) as reply:
        return reply.read()


def reach(address, port):
    socket.create_connection((address, port), timeout=20).close()
    return "connected"


def echo(address, port, text):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(20)
        udp.connect((address, port))
        udp.send(text.encode())
        return udp.recv(65535).decode()


def hold(address, port, many):
    """So many connections at once: how many there were, and what the next one met."""
    held = []
    try:
        for _ in range(many):
            held.append(socket.create_connection((address, port), timeout=20))
    except OSError as error:
        return [len(held), errno.errorcode.get(error.errno)]
    finally:
        for one in held:
            one.close()
    return [len(held), ""]


def handler(event, context):
    wanted = json.loads(event)
    out = {}
    for url in wanted.get("fetch", []):
        out[url] = timed(lambda: fetch(url).decode())
    for url in wanted.get("sums", []):
        out[url] = timed(lambda: hashlib.sha256(fetch(url)).hexdigest())
    for address, port in wanted.get("reach", []):
        out[f"{address}:{port}"] = timed(lambda: reach(address, port))
    for address, port, text in wanted.get("udp", []):
        out[f"udp {address}:{port}"] = timed(lambda: echo(address, port, text))
    for name in wanted.get("names", []):
        out[name] = timed(lambda: socket.gethostbyname(name))
    if "post" in wanted:
        body = os.urandom(wanted["post"]["bytes"])
        request = urllib.request.Request(wanted["post"]["url"], body)
        out["post"] = fetch(request).decode() == hashlib.sha256(body).hexdigest()
    if "tls" in wanted:
        context = ssl.create_default_context(cafile="/code/far.pem")
        with urllib.request.urlopen(wanted["tls"], timeout=20, context=context) as reply:
            out["tls"] = reply.read().decode()
    if "wait" in wanted:
        fetch(wanted["wait"])
    if "hold" in wanted:
        out["hold"] = hold(*wanted["hold"])
    if "standing" in wanted:
        out["interfaces"] = sorted(name for _, name in socket.if_nameindex())
        out["authorities"] = len(ssl.create_default_context().get_ca_certs())
    return json.dumps(out)
