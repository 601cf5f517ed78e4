"""Cuts a film into parts without decoding it, has `part` transcode each, many at once, and joins them as HLS.

It calls by the API of Function Compute as any client does: at FC_ENDPOINT, with the keys of its context.
"""

import base64
import concurrent.futures
import email.utils
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import subprocess
import tempfile
import time
import urllib.parse

import boto3

SDK = boto3.session.Session()
PATH = "/2016-08-15/services/scale/functions/part/invocations"
HEIGHTS = os.environ["HEIGHTS"].split()
PLAYLIST = "application/vnd.apple.mpegurl"


def store(keys):
    return SDK.client(
        "s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"], aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.access_key_secret, aws_session_token=keys.security_token,
    )  # fmt: skip


def call(keys, event):
    date, kind = email.utils.formatdate(usegmt=True), "application/json"
    text = f"POST\n\n{kind}\n{date}\nx-fc-security-token:{keys.security_token}\n{PATH}"
    digest = hmac.digest(keys.access_key_secret.encode(), text.encode(), hashlib.sha256)
    headers = {
        "Date": date,
        "Content-Type": kind,
        "x-fc-security-token": keys.security_token,
        "Authorization": f"FC {keys.access_key_id}:{base64.b64encode(digest).decode()}",
    }
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(os.environ["FC_ENDPOINT"]).netloc)
    connection.request("POST", PATH, json.dumps(event), headers)
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    if reply.status != 200 or reply.headers["X-Fc-Error-Type"]:
        raise RuntimeError(f"{reply.status} {body.decode()}")
    return {**json.loads(body), "instance": reply.headers["X-Fc-Instance-Id"]}


def split(film, folder):
    """The parts, in order: cut at key frames, so that each can be decoded by itself."""
    words = ["ffmpeg", "-v", "error", "-nostdin", "-i", film, "-c", "copy", "-map", "0", "-f", "segment"]
    words += ["-segment_time", os.environ["PART_SECONDS"], "-reset_timestamps", "1", f"{folder}/%04d.mp4"]
    done = subprocess.run(words, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise ValueError(f"ffmpeg cannot cut this film: {done.stderr.strip().splitlines()[-1]}")
    return sorted(pathlib.Path(folder).glob("*.mp4"))


def playlist(parts):
    """HLS: a break in the time stamps before each part, as each begins at 0."""
    longest = max(part["seconds"] for part in parts)
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{int(longest) + 1}", "#EXT-X-PLAYLIST-TYPE:VOD"]
    for number, part in enumerate(parts):
        lines += ["#EXT-X-DISCONTINUITY"] if number else []
        lines += [f"#EXTINF:{part['seconds']:.3f},", part["name"]]
    return "\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n"


def join(objects, bucket, name, made):
    master = ["#EXTM3U", "#EXT-X-VERSION:3"]
    for height in HEIGHTS:
        parts = sorted((one for one in made if one["height"] == height), key=lambda one: one["number"])
        key = f"out/{name}/{height}.m3u8"
        objects.put_object(Bucket=bucket, Key=key, Body=playlist(parts).encode(), ContentType=PLAYLIST)
        rate = max(int(part["bytes"] * 8 / part["seconds"]) for part in parts)
        master += [f"#EXT-X-STREAM-INF:BANDWIDTH={rate},RESOLUTION={parts[0]['shape']}", f"{height}.m3u8"]
    objects.put_object(Bucket=bucket, Key=f"out/{name}/index.m3u8", Body="\n".join(master).encode() + b"\n", ContentType=PLAYLIST)


def work(objects, keys, bucket, key, at_once):
    name = pathlib.PurePosixPath(key).stem
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        objects.download_file(bucket, key, f"{folder}/film")
        parts = split(f"{folder}/film", folder)
        for part in parts:
            objects.upload_file(str(part), bucket, f"parts/{name}/{part.name}")
    wanted = [
        {"bucket": bucket, "part": f"parts/{name}/{part.name}", "number": number, "height": height, "out": f"out/{name}/"}
        for number, part in enumerate(parts)
        for height in HEIGHTS
    ]
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        made = list(pool.map(lambda one: call(keys, one), wanted))
    join(objects, bucket, name, made)
    for part in parts:
        objects.delete_object(Bucket=bucket, Key=f"parts/{name}/{part.name}")
    return {
        "film": name,
        "parts": len(parts),
        "calls": len(made),
        "instances": len({one["instance"] for one in made}),
        "seconds": round(time.monotonic() - began, 3),
    }


def handler(event, context):
    wanted = json.loads(event)
    objects = store(context.credentials)
    if "events" not in wanted:  # called, not set off: {"bucket", "key", "at_once"}
        return json.dumps(work(objects, context.credentials, wanted["bucket"], wanted["key"], wanted.get("at_once", 8)))
    for one in wanted["events"]:
        done = work(objects, context.credentials, one["oss"]["bucket"]["name"], one["oss"]["object"]["key"], 8)
        context.logger.info(json.dumps(done))
