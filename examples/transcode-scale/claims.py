"""One film, many calls: what the use case promises, beside what was measured.

claims.py show|check MAYFLY DATA FILM
"""

import json
import os
import subprocess
import sys
import time

import boto3
import botocore.config

BUCKET = "films"
HEIGHTS = ("480", "360", "240")


def mayfly(*words):
    done = subprocess.run([sys.argv[2], *words, "--data", sys.argv[3]], stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


def keys(s3, prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return {one["Key"] for page in pages for one in page.get("Contents", [])}


def transcode(at_once, key="raw/film.mp4"):
    event = {"bucket": BUCKET, "key": key, "at_once": at_once}
    return json.loads(mayfly("invoke", "scale/film", "-d", json.dumps(event)))


def probe(what, *entries):
    words = ["ffprobe", "-v", "error", "-protocol_whitelist", "file,http,tcp", *entries, "-of", "csv=p=0", what]
    return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout.split()


def rendition(s3, folder, name, height):
    """Height, length and the number of pictures of a rendition as a player finds it, all its segments beside it."""
    for key in keys(s3, f"out/{name}/{height}"):
        s3.download_file(BUCKET, key, os.path.join(folder, os.path.basename(key)))
    path = os.path.join(folder, f"{height}.m3u8")
    shown = probe(path, "-select_streams", "v", "-show_entries", "stream=height")
    pictures = probe(path, "-select_streams", "v", "-count_packets", "-show_entries", "stream=nb_read_packets")
    return shown[0], int(pictures[0].strip(","))


def claim(what, seed, measured, holds):
    print(f"CLAIM {what} · seed says {seed} · measured {measured} · {'PASS' if holds else 'FAIL'}", flush=True)
    return holds


def wait_for(condition, what, seconds=240.0):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"after {seconds:.0f} s still not: {what}")
        time.sleep(0.1)


def show(s3, film):
    began = time.monotonic()
    s3.upload_file(film, BUCKET, "raw/film.mp4")
    wait_for(lambda: "out/film/index.m3u8" in keys(s3, "out/"), "the film is transcoded")
    print(f"  stored, cut, transcoded and joined after {time.monotonic() - began:.1f} s")
    return 0


def check(s3, film, folder):
    pictures = int(probe(film, "-select_streams", "v", "-count_packets", "-show_entries", "stream=nb_read_packets")[0].strip(","))
    s3.upload_file(film, BUCKET, "raw/film.mp4")
    wait_for(lambda: "out/film/index.m3u8" in keys(s3, "out/"), "the film is transcoded")
    wait_for(lambda: not keys(s3, "parts/"), "the parts are gone")
    shown = {height: rendition(s3, folder, "film", height) for height in HEIGHTS}
    transcode(1)  # warm
    one, many = transcode(1), transcode(8)
    ratio = one["seconds"] / many["seconds"]
    bill = {row["function"]: row for row in json.loads(mayfly("bill", "-o", "json"))["functions"]}
    calls = bill["part"]["invocations"]
    held = [
        claim("a film becomes three renditions that play", "transcoding",
              ", ".join(f"{height}: {seen} lines, {count} pictures" for height, (seen, count) in shown.items()),
              all(seen == height for height, (seen, _) in shown.items())),
        claim("no picture is lost between the parts", "split and join", f"{pictures} pictures in, {sorted({n for _, n in shown.values()})} out",
              all(count == pictures for _, count in shown.values())),
        claim("transcoding scales with its calls", "scale transcoding capacity",
              f"{many['calls']} calls on {many['instances']} instances: {many['seconds']:.1f} s, one after the other {one['seconds']:.1f} s, {ratio:.2f} times",
              many["instances"] > one["instances"] and ratio >= 1.1),
        claim("each part is billed as a call", "no longer consider concurrency", f"{calls} calls, {bill['part']['errors']} errors",
              calls == 4 * many["calls"] and bill["part"]["errors"] == 0),
    ]  # fmt: skip
    return 0 if all(held) else 1


def main():
    s3 = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"], config=botocore.config.Config(s3={"addressing_style": "path"}))
    return show(s3, sys.argv[4]) if sys.argv[1] == "show" else check(s3, sys.argv[4], sys.argv[3])


sys.exit(main())
