"""The image example under kill -9: each photo that was acknowledged has its pictures once the queue is empty, each
photo makes one event, and no picture makes any.

MAYFLY_PHOTOS=2000 makes it the full one: 16 clients, five kills.
"""

import io
import itertools
import json
import os
import subprocess
import threading

import botocore.exceptions
from PIL import Image

from support.s3 import client
from support.server import PROGRAMS, ROOT
from support.waiting import wait_until

EXAMPLE = ROOT / "examples/custom-images"
PHOTOS = int(os.environ.get("MAYFLY_PHOTOS", "240"))
CLIENTS, KILLS = (16, 5) if PHOTOS >= 2000 else (6, 3)
PICTURES = {"800.jpg", "400.jpg", "200.jpg", "marked.jpg"}
LEVELS = (32, 96, 160, 224)


def color_of(number):
    return tuple(LEVELS[number // 4**digit % 4] for digit in range(3))


def photo(number):
    out = io.BytesIO()
    Image.new("RGB", (300, 200), color_of(number)).save(out, "JPEG", quality=90)
    return out.getvalue()


class Shop:
    """Clients that store the next photo, each once, and remember which were acknowledged."""

    def __init__(self):
        self.numbers = itertools.count()  # next() of it is atomic
        self.known = set()

    def store(self, s3):
        for number in self.numbers:
            if number >= PHOTOS:
                return
            try:
                s3.put_object(Bucket="photos", Key=f"in/{number}.jpg", Body=photo(number))
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
                return
            self.known.add(number)

    def open(self, server):
        clients = [client(server, read_timeout=20) for _ in range(CLIENTS)]
        threads = [threading.Thread(target=self.store, args=(s3,)) for s3 in clients]
        for thread in threads:
            thread.start()
        return threads


def keys(s3, prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="photos", Prefix=prefix)
    return {one["Key"] for page in pages for one in page.get("Contents", [])}


def events(server, **wanted):
    fc = server.client()
    found, after = [], ""
    while True:
        query = "&".join(f"{k}={v}" for k, v in {"limit": 1000, "after": after, **wanted}.items())
        page = json.loads(fc.send("GET", "/mayfly/v1/events", query=query).body)
        found += page["events"]
        after = page.get("next", "")
        if not after:
            fc.close()
            return found


def is_quiet(server):
    waiting = [e for status in ("waiting", "running") for e in events(server, status=status)]
    return not waiting and "\nevents waiting 0\n" in server.health()


def deploy(server):
    words = [PROGRAMS / "mayfly", "deploy", EXAMPLE, "--data", server.data]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def check_picture(s3, number, name):
    image = Image.open(io.BytesIO(s3.get_object(Bucket="photos", Key=f"out/{number}/{name}")["Body"].read()))
    image.load()
    assert all(abs(a - b) <= 20 for a, b in zip(image.getpixel((10, 10)), color_of(number))), (number, name)


def test_each_acknowledged_photo_has_its_pictures(house):
    shop = Shop()
    for turn in range(KILLS + 1):
        server = house.start("photos")
        s3 = client(server)
        if turn == 0:
            s3.create_bucket(Bucket="photos")
            deploy(server)
        threads = shop.open(server)
        if turn < KILLS:
            enough = PHOTOS * (turn + 1) // (KILLS + 1)
            wait_until(lambda: len(shop.known) >= enough, f"{enough} photos are stored", seconds=120, every=0.001)
            server.kill()
        for thread in threads:
            thread.join()
        if turn < KILLS:
            house.expect_nothing_left(server)
    wait_until(lambda: is_quiet(server), "the queue is empty", seconds=900, every=0.2)

    stored = {int(key.removeprefix("in/").removesuffix(".jpg")) for key in keys(s3, "in/")}
    assert shop.known <= stored, f"photos that were acknowledged are gone: {sorted(shop.known - stored)}"
    assert keys(s3, "") == {f"in/{n}.jpg" for n in stored} | {f"out/{n}/{name}" for n in stored for name in PICTURES}
    for number in stored:
        for name in PICTURES:
            check_picture(s3, number, name)
    all_events = events(server, service="shop", function="thumbs")
    assert len(all_events) == len(stored), "each photo makes one event, no picture makes any"
    assert {e["status"] for e in all_events} == {"done"}
