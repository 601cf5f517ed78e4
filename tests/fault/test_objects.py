"""Objects under kill -9: each put that was answered is there whole, no other is half there; rot is never served."""

import hashlib
import os
import random
import threading
import time

import botocore.exceptions

from support.s3 import client
from support.waiting import wait_until

ROUNDS = 8
WRITERS = 6
SEED = int(os.environ.get("MAYFLY_SEED", "20151125"))


def body_of(key, turn):
    """Small, on the border of the index, and large: from the name alone."""
    chance = random.Random(f"{key} {turn}")
    size = chance.choice([10, 1000, 65536, 65537, 300_000, 1_500_000])
    return chance.randbytes(size)


class Writer:
    """Puts, overwrites, deletes under keys of its own, and remembers what was answered, and what was not."""

    def __init__(self, number):
        self.keys = [f"w{number}/{n}" for n in range(8)]
        self.known = {}  # key: (what is there, what may be there instead)
        self.turn = 0
        self.answered = 0
        self.chance = random.Random(SEED + number)

    def run(self, s3):
        while True:
            self.turn += 1
            key = self.chance.choice(self.keys)
            remove = self.chance.random() < 0.2
            body = None if remove else body_of(key, self.turn)
            before = self.known.get(key, (None, ()))
            self.known[key] = (before[0], (*before[1], body))
            try:
                if remove:
                    s3.delete_object(Bucket="kept", Key=key)
                else:
                    s3.put_object(Bucket="kept", Key=key, Body=body)
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
                return
            self.known[key] = (body, ())
            self.answered += 1

    def check(self, s3):
        for key, (there, maybe) in self.known.items():
            try:
                found = s3.get_object(Bucket="kept", Key=key)["Body"].read()
            except s3.exceptions.NoSuchKey:
                found = None
            assert found in (there, *maybe), f"seed {SEED}: {key} is neither what was answered nor what was asked"
            self.known[key] = (found, ())


def test_puts_that_were_answered_survive_kills(house):
    chance = random.Random(SEED)
    writers = [Writer(number) for number in range(WRITERS)]
    for turn in range(ROUNDS):
        server = house.start()
        s3 = client(server)
        s3.create_bucket(Bucket="kept")
        for writer in writers:
            writer.check(s3)
        before = sum(writer.answered for writer in writers)
        threads = [threading.Thread(target=writer.run, args=(client(server, read_timeout=10),)) for writer in writers]
        for thread in threads:
            thread.start()
        moment = time.monotonic() + chance.uniform(0.3, 1.0)
        wait_until(lambda: time.monotonic() >= moment, "the moment has come", every=0.001)
        server.kill()
        for thread in threads:
            thread.join()
        assert sum(writer.answered for writer in writers) > before, f"round {turn}: nothing was stored"
        house.expect_nothing_left(server)
    server = house.start()
    s3 = client(server)
    for writer in writers:
        writer.check(s3)
    listed = {o["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="kept") for o in page.get("Contents", [])}
    assert listed == {key for writer in writers for key, (there, _) in writer.known.items() if there is not None}
    assert not list((server.data / "objects/bodies/drafts").iterdir())


def test_a_hundred_rotten_files_are_named_and_none_is_served(house):
    server = house.start("rot")
    s3 = client(server)
    s3.create_bucket(Bucket="kept")
    chance = random.Random(SEED)
    sums = {}
    for n in range(100):
        body = chance.randbytes(100_000 + n * 5_000)
        s3.put_object(Bucket="kept", Key=str(n), Body=body)
        sums[str(n)] = hashlib.md5(body).hexdigest()
    files = [f for f in (server.data / "objects/bodies").rglob("*") if f.is_file()]
    assert len(files) == 100
    for file in files:
        with open(file, "r+b") as f:
            f.seek(chance.randrange(file.stat().st_size))
            byte = f.read(1)
            f.seek(-1, os.SEEK_CUR)
            f.write(bytes([byte[0] ^ (1 << chance.randrange(8))]))
    for key, good in sums.items():
        try:
            found = s3.get_object(Bucket="kept", Key=key)["Body"].read()
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
            continue
        raise AssertionError(f"{key} was served, {'whole' if hashlib.md5(found).hexdigest() == good else 'rotten'}")
    said = server.output()
    assert all(file.name in said for file in files), "a damaged file is not named in the log"
