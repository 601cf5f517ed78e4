"""Power cuts: writes that were not synced are dropped, all or some. What was answered is there, whole; nothing is half there.

MAYFLY_CUTS=200 makes more of them.
"""

import os
import random
import shutil
import sqlite3
import subprocess
import threading
import time

import botocore.exceptions
import pytest

import power
from support.s3 import client
from support.waiting import wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
CUTS = int(os.environ.get("MAYFLY_CUTS", "12"))
SEED = int(os.environ.get("MAYFLY_SEED", "20151125"))
WRITERS = 4
SIZES = (0, 10, 1000, 20_000, 65_536, 65_537, 200_000)


def body_of(key, turn):
    chance = random.Random(f"{key} {turn}")
    return f"{key} {turn} ".encode() + chance.randbytes(chance.choice(SIZES))


class Writer(threading.Thread):
    """Puts, overwrites and deletes under keys of its own; remembers when each was asked for and answered."""

    def __init__(self, number, s3, until):
        super().__init__()
        self.s3, self.until = s3, until
        self.keys = [f"w{number}/{n}" for n in range(4)]
        self.history = {key: [] for key in self.keys}  # [asked, answered or None, body or None]
        self.chance = random.Random(SEED + number)

    def run(self):
        for turn in range(10_000):
            if self.until.is_set():
                return
            key = self.chance.choice(self.keys)
            body = None if self.chance.random() < 0.2 else body_of(key, turn)
            step = [time.monotonic_ns(), None, body]
            self.history[key].append(step)
            try:
                if body is None:
                    self.s3.delete_object(Bucket="kept", Key=key)
                else:
                    self.s3.put_object(Bucket="kept", Key=key, Body=body)
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
                return
            step[1] = time.monotonic_ns()


def possible(history, when):
    """What a key may be after a cut: what was answered last before it, or what was asked for since."""
    asked = [step for step in history if step[0] < when]
    answered = [n for n, step in enumerate(asked) if step[1] is not None and step[1] < when]
    last = answered[-1] if answered else -1
    return [asked[last][2] if answered else None] + [step[2] for step in asked[last + 1 :]]


@pytest.fixture(scope="module")
def recorder(tmp_path_factory):
    made = tmp_path_factory.mktemp("recorder") / "power_recorder.so"
    subprocess.run(["clang-19", "-O1", "-shared", "-fPIC", "-o", made, f"{HERE}/power_recorder.c"], check=True)
    return made


@pytest.fixture
def recorded(house, recorder):
    """A server that was recorded from its first start, the writers' memory, and the moment it was ready for them."""
    root, record = house.data("recorded"), house.folder / "record"
    server = house.start(
        "recorded",
        environment={"LD_PRELOAD": str(recorder), "MAYFLY_RECORD_ROOT": str(root), "MAYFLY_RECORD_LOG": str(record)},
    )
    client(server).create_bucket(Bucket="kept")
    ready = time.monotonic_ns()
    until = threading.Event()
    writers = [Writer(number, client(server), until) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    wait_until(lambda: sum(len(h) for w in writers for h in w.history.values()) > 400, "much is stored", seconds=60)
    until.set()
    for writer in writers:
        writer.join()
    key = (root / "credentials.json").read_bytes()
    server.kill()
    return power.read_record(record), root, {k: h for w in writers for k, h in w.history.items()}, ready, key


def check_disk(house, name, histories, when, key):
    data = house.data(name)
    (data / "credentials.json").write_bytes(key)
    for file in data.rglob("*.db"):
        db = sqlite3.connect(file)
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], file
        db.close()
    server = house.start(name)
    s3 = client(server)
    for one, history in histories.items():
        try:
            found = s3.get_object(Bucket="kept", Key=one)["Body"].read()
        except s3.exceptions.NoSuchKey:
            found = None
        assert found in possible(history, when), f"{name}: {one} is neither what was answered nor what was asked for"
    scrubbed = server.client().send("POST", "/mayfly/v1/objects/scrub")
    assert b'"damaged":0' in scrubbed.body, scrubbed.body
    server.stop()


def test_a_power_cut_leaves_a_consistent_store(house, recorded):
    ops, root, histories, ready, key = recorded
    chance = random.Random(SEED)
    first = next(n for n, op in enumerate(ops) if op.when_ns > ready)
    assert sum(op.type == power.WRITE for op in ops[first:]) > 400, "the recorder saw little"
    for number in range(CUTS):
        moment = chance.randrange(first, len(ops))
        keep = chance.choice([0, 0.5, 0.9])  # of the sectors that were not synced
        name = f"cut{number}"
        disk = power.disk_after(ops[:moment], str(root), chance, keep)
        power.write_disk(disk, house.data(name))
        try:
            check_disk(house, name, histories, ops[moment].when_ns, key)
        except (AssertionError, botocore.exceptions.ClientError) as e:
            raise AssertionError(f"seed {SEED}, cut {number} before record {moment}, {keep} of the rest kept: {e}") from e
        shutil.rmtree(house.data(name))


def test_without_syncs_the_same_check_fails(house, recorded):
    """It can tell: were the index's syncs not there, answers would be lost."""
    ops, root, histories, ready, key = recorded
    blind = [op for op in ops if op.type not in (power.SYNC_BEGIN, power.SYNC_END) or "objects/" not in op.path or op.when_ns < ready]
    chance = random.Random(SEED)
    disk = power.disk_after(blind, str(root), chance, 0)
    power.write_disk(disk, house.data("blind"))
    with pytest.raises((AssertionError, botocore.exceptions.ClientError)):
        check_disk(house, "blind", histories, ops[-1].when_ns, key)
