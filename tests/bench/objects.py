"""Objects: 1 KB PUT and GET against nginx (WebDAV and static files) on the same disk, 64 MB against a plain copy that is
synced, a page of 1,000 keys out of a million, and how long after a PUT its function starts.

nginx does not fsync what it stores; Mayfly does, before it answers.
"""

import hashlib
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.request

import boto3
import botocore.config

from server import PREFIX, Server, free_port, quantile, verdict, wait_until
from warm import start_reference

BODY = "x" * 1024
NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; client_body_temp_path {folder}/tmp; default_type application/octet-stream; keepalive_requests 1000000;
  server {{ listen 127.0.0.1:{port}; root {folder}/files; location / {{ dav_methods PUT; create_full_put_path on; }} }} }}
"""
SCRIPT = """
local paths = {{}}
for line in io.lines("{paths}") do paths[#paths + 1] = line end
local n, body = 0, {body}
request = function() n = n % #paths + 1; return wrk.format("{method}", paths[n], nil, body) end
"""
# A file that is new each time: where one takes the place of another, ext4 makes nginx wait for the disk.
FRESH = """
local n, body = 0, string.rep("x", {size})
request = function() n = n + 1; return wrk.format("PUT", "/fresh-{run}/" .. n % 97 .. "/" .. n, nil, body) end
"""


def s3_of(server):
    return boto3.client(
        "s3",
        endpoint_url=server.objects,
        aws_access_key_id=server.key["accessKeyId"],
        aws_secret_access_key=server.key["accessKeySecret"],
        region_name="us-east-1",
        config=botocore.config.Config(s3={"addressing_style": "path"}, signature_version="s3v4"),
    )


def wrk(url, folder, method, paths, seconds=4, connections=32, fresh=None):
    """Requests a second over paths that are taken in turn; every answer must be a success."""
    listed = pathlib.Path(folder) / f"paths-{method}"
    listed.write_text("\n".join(paths))
    script = pathlib.Path(folder) / f"{method}.lua"
    body = f'string.rep("x", {len(BODY)})' if method == "PUT" else "nil"
    script.write_text(SCRIPT.format(paths=listed, method=method, body=body))
    if fresh is not None:
        script.write_text(FRESH.format(size=len(BODY), run=fresh))
    words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), url]
    out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit(f"bench: wrk saw errors:\n{out}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])


def small(server, s3, rounds):
    keys = [f"{n % 97}/{n}" for n in range(5000)]
    signed = {
        method: [s3.generate_presigned_url(f"{method.lower()}_object", Params={"Bucket": "bench", "Key": k}).removeprefix(server.objects) for k in keys]
        for method in ("PUT", "GET")
    }  # fmt: skip
    with tempfile.TemporaryDirectory(dir=server.folder.name) as folder:
        port = free_port()
        conf = pathlib.Path(folder) / "nginx.conf"
        conf.write_text(NGINX.format(folder=folder, port=port))
        (pathlib.Path(folder) / "files").mkdir()
        os.chmod(folder, 0o777)
        os.chmod(server.folder.name, 0o755)
        os.chmod(pathlib.Path(folder) / "files", 0o777)
        nginx = start_reference(["/usr/sbin/nginx", "-c", str(conf), "-p", folder], port)
        rates = {}
        wrk(f"http://127.0.0.1:{port}", folder, "PUT", [f"/{k}" for k in keys])  # what is got later
        for turn in range(rounds):
            for method in ("PUT", "GET"):
                ours = wrk(server.objects, folder, method, signed[method])
                theirs = wrk(f"http://127.0.0.1:{port}", folder, method, [f"/{k}" for k in keys], fresh=turn if method == "PUT" else None)
                rates.setdefault(method, []).append((ours, theirs))
        nginx.terminate()
        nginx.wait()
    for method, bound in (("PUT", 0.5), ("GET", 0.7)):
        ours, theirs = (statistics.median(r[i] for r in rates[method]) for i in (0, 1))
        print(f"  {method} of 1 KB at 32 connections: {ours:.0f}/s, nginx {theirs:.0f}/s")
        verdict(f"1 KB {method} against nginx >= {bound}", ours / theirs, ">=", bound)


def put_of(server, body):
    """A function that puts the body whole, over a connection of its own, without an MD5 to compare."""
    s3 = s3_of(server)
    s3.create_bucket(Bucket="large")
    url = s3.generate_presigned_url("put_object", Params={"Bucket": "large", "Key": "large"})
    return lambda: urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "x/x"}, method="PUT")).close()


def copy_of(source, plain):
    """A function that copies a file and syncs the copy."""

    def copy():
        with open(source, "rb") as come, open(plain, "wb") as out:
            shutil.copyfileobj(come, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())

    return copy


def large(server, rounds=15, size=64 << 20):
    """Enough rounds that a disk which first takes bytes into a store of its own is seen as it then is. An ETag that is an
    MD5 is one stream that cannot be split: where a copy is faster than that, such a put is not. By default it is none from
    16 MiB on; the put to a server that was told otherwise is judged, too.
    """
    body = os.urandom(size)
    md5 = Server("--objects-etag", "md5")
    source, plain = (pathlib.Path(server.folder.name) / name for name in ("source", "plain"))
    source.write_bytes(body)

    def get():
        got = s3_of(server).get_object(Bucket="large", Key="large")["Body"]
        while got.read(1 << 20):
            pass

    ways = {
        "put": put_of(server, body), "put, MD5 as ETag": put_of(md5, body), "copy": copy_of(source, plain), "get": get,
        "MD5 alone": lambda: hashlib.md5(body),
    }  # fmt: skip
    times = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - begun)
        plain.unlink()
    md5.stop()
    took = {name: statistics.median(some) for name, some in times.items()}
    print("  64 MB, MB/s: " + ", ".join(f"{name} {size / 1e6 / seconds:.0f}" for name, seconds in took.items()))
    verdict("64 MB PUT against a plain copy with fsync >= 0.8", took["copy"] / took["put"], ">=", 0.8)
    verdict("64 MB PUT against a plain copy with fsync, MD5 as ETag >= 0.8", took["copy"] / took["put, MD5 as ETag"], ">=", 0.8)


def listing(server, s3, keys=1_000_000):
    """Rows are made straight in the index: what is measured is the listing."""
    import sqlite3

    server.stop_process()
    index = sqlite3.connect(pathlib.Path(server.folder.name) / "data/objects/index.db")
    index.execute("INSERT INTO bucket (name, account, created, acl, versioning) VALUES ('many', ?, 0, 1, 0)", (server.key["accountId"],))
    bucket = index.execute("SELECT id FROM bucket WHERE name = 'many'").fetchone()[0]
    etag = hashlib.md5(b"").hexdigest()
    rows = ((bucket, f"folder/{n:08}", n + 1, 1, 0, n, etag, 0, 0, 0, "") for n in range(keys))
    index.executemany("INSERT INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    index.commit()
    index.close()
    server.start_process()
    s3 = s3_of(server)
    times = []
    for n in range(0, keys, keys // 50):
        url = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": "many", "StartAfter": f"folder/{n:08}"})
        begun = time.perf_counter()
        with urllib.request.urlopen(url) as answer:
            text = answer.read()
        times.append((time.perf_counter() - begun) * 1e3)
        assert text.count(b"<Key>") in (1000, (keys - 1) % (keys // 50))
    print(f"  1,000 of {keys:,} keys: p50 {quantile(times, 0.5):.1f} ms, p99 {quantile(times, 0.99):.1f} ms")
    verdict("1,000 of 1,000,000 keys, p50 in ms <= 10", quantile(times, 0.5), "<=", 10)


STARTED = """
import json, time
def handler(event, context):
    now = time.time()
    for one in json.loads(event)["events"]:
        print("started", one["oss"]["object"]["key"], now)
"""


def starts(server, s3, puts=200):
    """From before the PUT is sent to the handler's first line, warm."""
    import json

    server.create_service()
    server.create_function("started", STARTED)
    document = {
        "triggerName": "t", "triggerType": "oss", "sourceArn": f"acs:oss:r:{server.key['accountId']}:bench",
        "triggerConfig": {"events": ["oss:ObjectCreated:*"], "filter": {"key": {"prefix": "start/"}}},
    }  # fmt: skip
    server.call("POST", f"{PREFIX}/functions/started/triggers", json.dumps(document).encode(), "application/json")
    sent = {}

    def seen():
        text = server.call("GET", "/mayfly/v1/logs?service=bench&function=started&lines=1000").decode()
        return dict(re.findall(r"started (start/\d+) ([\d.]+)", text))

    for n in range(puts):
        key = f"start/{n}"
        sent[key] = time.time()
        s3.put_object(Bucket="bench", Key=key, Body=b"x")
        if n < 3:
            wait_until(lambda: key in seen(), "the first start")
    wait_until(lambda: len(seen()) == puts, "every start")
    times = [(float(when) - sent[key]) * 1e3 for key, when in seen().items() if int(key[6:]) > 2]
    print(f"  PUT to handler start, warm: p50 {quantile(times, 0.5):.1f} ms, p99 {quantile(times, 0.99):.1f} ms")
    verdict("PUT to handler start, p50 in ms <= 5", quantile(times, 0.5), "<=", 5)


def bench_objects(rounds=3):
    print("objects: ratios in one run")
    server = Server()
    s3 = s3_of(server)
    s3.create_bucket(Bucket="bench")
    small(server, s3, rounds)
    large(server)
    starts(server, s3)
    listing(server, s3)
    server.stop()
