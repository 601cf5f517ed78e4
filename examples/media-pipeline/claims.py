"""Pictures, films and texts through the store: what the use case promises, beside what was measured.

claims.py show|check MAYFLY DATA FILM [PICTURES FILMS]
"""

import io
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import boto3
import botocore.config
from PIL import Image

BUCKET = "media"
HEIGHTS = ("480", "360", "240")


def mayfly(*words):
    done = subprocess.run([sys.argv[2], *words, "--data", sys.argv[3]], stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


def picture(number):
    out = io.BytesIO()
    Image.new("RGB", (1600, 1000), (number * 37 % 256, 90, 140)).save(out, "JPEG")
    return out.getvalue()


def wait_for(condition, what, seconds=180.0):
    """The first truthy value of condition(); a poll, as the store tells functions of changes, not clients."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise SystemExit(f"after {seconds:.0f} s still not: {what}")
        time.sleep(0.1)
    return value


def keys(s3, prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return {one["Key"] for page in pages for one in page.get("Contents", [])}


def events(status):
    return json.loads(mayfly("events", "ls", "--status", status, "-o", "json"))["events"]


def is_quiet():
    # Three looks: one that runs at the first may fail before the second, and wait for its next try.
    return not any(events(status) for status in ("waiting", "running", "waiting"))


def at_edge(key):
    """Status, headers and body of what a viewer gets."""
    path = urllib.parse.quote(key.removeprefix("out/"))
    url = f"{os.environ['MAYFLY_ENDPOINT']}/2016-08-15/proxy/media/edge/{path}"
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers, refused.read()


def height_of(playlist):
    """Of a rendition, as ffprobe sees it through the edge, from playlist to picture."""
    url = f"{os.environ['MAYFLY_ENDPOINT']}/2016-08-15/proxy/media/edge/{playlist.removeprefix('out/')}"
    words = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=height", "-of", "csv=p=0", url]
    return set(subprocess.run(words, stdout=subprocess.PIPE, text=True).stdout.split())  # HLS names it twice


def claim(what, seed, measured, holds):
    print(f"CLAIM {what} · seed says {seed} · measured {measured} · {'PASS' if holds else 'FAIL'}", flush=True)
    return holds


def store_all(s3, film, pictures, films):
    for n in range(pictures):
        s3.put_object(Bucket=BUCKET, Key=f"in/picture{n}.jpg", Body=picture(n))
        s3.put_object(Bucket=BUCKET, Key=f"in/text{n}.txt", Body=f"The mayfly number {n} lives a day. Über {n}.".encode())
    for n in range(films):
        s3.put_object(Bucket=BUCKET, Key=f"in/film{n}.mp4", Body=film)


def show(s3, film):
    began = time.monotonic()
    store_all(s3, film, 1, 1)
    wait_for(lambda: {"out/film0/index.m3u8", "out/picture0/list.jpg", "index/text0.json"} <= keys(s3, "") and is_quiet(), "all is made")
    print(f"  a picture, a film and a text stored; all that viewers need made and warm after {time.monotonic() - began:.1f} s\n")
    for key in sorted(keys(s3, "out/")):
        status, headers, body = at_edge(key)
        print(f"  {key:<28} {status}  X-Cache: {headers['X-Cache']:<5} {headers['Cache-Control']:<38} {len(body) / 1024:>6.0f} KB")
    return 0


def check(s3, film, pictures, films):
    s3.put_object(Bucket=BUCKET, Key="in/poison.mp4", Body=b"this is no film " * 100)
    began = time.monotonic()
    store_all(s3, film, pictures, films)
    wanted = {f"out/picture{n}/{size}.jpg" for n in range(pictures) for size in ("page", "list")}
    wanted |= {f"out/film{n}/{name}.m3u8" for n in range(films) for name in (*HEIGHTS, "index")}
    wanted |= {f"index/text{n}.json" for n in range(pictures)}
    wait_for(lambda: keys(s3, "") >= wanted, "every result is there")
    took = time.monotonic() - began
    wait_for(is_quiet, "the queue is empty")
    made = sorted(keys(s3, "out/"))
    seen = {key: at_edge(key) for key in made}
    hits = sum(headers["X-Cache"] == "HIT" for _, headers, _ in seen.values())
    same = sum(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == body for key, (_, _, body) in seen.items())
    right = sum(("immutable" in headers["Cache-Control"]) == (not key.endswith(".m3u8")) and headers["ETag"] is not None for key, (_, headers, _) in seen.items())
    heights = [height_of(f"out/film{n}/{height}.m3u8") == {height} for n in range(films) for height in HEIGHTS]
    pages = [json.loads(s3.get_object(Bucket=BUCKET, Key=f"index/text{n}.json")["Body"].read()) for n in range(pictures)]
    dead = events("dead")
    secret = at_edge("out/../in/picture0.jpg")[0]
    held = [
        claim("every upload has its results", "watermarking, transcoding, fetching attributes",
              f"{2 * pictures + films} uploads, {len(made)} files made in {took:.1f} s", set(made) >= {w for w in wanted if w.startswith("out/")}),
        claim("a film becomes three renditions that play", "synchronize multiple transcoding rates",
              f"{sum(heights)} of {len(heights)} valid by ffprobe through the edge", all(heights)),
        claim("a text is found by its words", "text index", f"{sum('mayfly' in p['words'] and 'über' in p['words'] for p in pages)} of {pictures} pages",
              all("mayfly" in p["words"] and "über" in p["words"] for p in pages)),
        claim("the first viewer finds it at the edge", "hot-loading the specified video",
              f"{hits} of {len(made)} are hits, {same} of them byte for byte", hits == same == len(made)),
        claim("the edge tells how long it is good", "CDN origin site",
              f"{right} of {len(made)} with the right Cache-Control and an ETag", right == len(made)),
        claim("what is not published is not served", "user permissions", f"{secret} for an upload asked for by its path", secret in (400, 403, 404)),
        claim("a poison file ends as one dead letter and blocks nobody", "no manual intervention",
              f"{len(dead)} dead, of {len({e['function'] for e in dead})} function", [e["function"] for e in dead] == ["video"]),
    ]  # fmt: skip
    return 0 if all(held) else 1


def main():
    s3 = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"], config=botocore.config.Config(s3={"addressing_style": "path"}))
    with open(sys.argv[4], "rb") as file:
        film = file.read()
    return show(s3, film) if sys.argv[1] == "show" else check(s3, film, int(sys.argv[5]), int(sys.argv[6]))


sys.exit(main())
