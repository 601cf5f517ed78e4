"""A second path for objects: rot here is found, never served and mended from there; and each can take the other's place."""

import hashlib
import json
import os
import random
import shutil
import subprocess

from support.s3 import client
from support.server import PROGRAMS
from support.waiting import wait_until

SEED = int(os.environ.get("MAYFLY_SEED", "20151125"))


def stored(s3, chance, count, sizes):
    s3.create_bucket(Bucket="kept")
    sums = {}
    for n in range(count):
        body = chance.randbytes(sizes(n))
        s3.put_object(Bucket="kept", Key=str(n), Body=body, Metadata={"n": str(n)})
        sums[str(n)] = hashlib.md5(body).hexdigest()
    return sums


def files_in(folder):
    return sorted(f for f in (folder / "bodies").rglob("*") if f.is_file())


def flip(file, chance):
    with open(file, "r+b") as f:
        f.seek(chance.randrange(file.stat().st_size))
        byte = f.read(1)
        f.seek(-1, os.SEEK_CUR)
        f.write(bytes([byte[0] ^ (1 << chance.randrange(8))]))


def scrub(server):
    answer = server.client().send("POST", "/mayfly/v1/objects/scrub")
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def expect_all(s3, sums):
    for key, good in sums.items():
        assert hashlib.md5(s3.get_object(Bucket="kept", Key=key)["Body"].read()).hexdigest() == good, key


def start(house, replica, name="rot"):
    return house.start(name, arguments=["--objects-replica", str(replica)])


def test_a_hundred_rotten_files_are_found_none_is_served_all_are_mended(house, tmp_path):
    chance = random.Random(SEED)
    server = start(house, tmp_path / "replica")
    s3 = client(server)
    sums = stored(s3, chance, 100, lambda n: 100_000 + n * 5_000)
    files = files_in(server.data / "objects")
    assert len(files) == 100 and [f.name for f in files] == [f.name for f in files_in(tmp_path / "replica")]
    whole = {f: f.read_bytes() for f in files}
    for file in files:
        flip(file, chance)
    for key in list(sums)[:20]:  # some are read before the scrub comes to them
        assert hashlib.md5(s3.get_object(Bucket="kept", Key=key)["Body"].read()).hexdigest() == sums[key]
    found = scrub(server)
    assert (found["bodies"], found["damaged"], found["mended"]) == (100, 0, 80)
    assert all(file.read_bytes() == bytes_ for file, bytes_ in whole.items())
    assert scrub(server) == {"bodies": 100, "damaged": 0, "mended": 0}
    expect_all(s3, sums)
    said = server.output()
    assert all(file.name in said for file in files), "a damaged file is not named in the log"

    for file in files_in(tmp_path / "replica"):
        flip(file, chance)
    assert scrub(server)["mended"] == 100
    assert [f.read_bytes() for f in files_in(tmp_path / "replica")] == [whole[f] for f in files]

    for folder in (server.data / "objects", tmp_path / "replica"):
        flip(files_in(folder)[0], chance)
    words = [PROGRAMS / "mayfly", "bucket", "scrub", "--data", server.data]
    told = subprocess.run(words, capture_output=True, text=True)
    assert told.returncode == 1 and "100 bodies checked, 0 mended, 1 damaged" in told.stdout, told


def test_rot_in_the_index_is_mended_too(house, tmp_path):
    chance = random.Random(SEED)
    server = start(house, tmp_path / "replica")
    s3 = client(server)
    sums = stored(s3, chance, 50, lambda n: 2_000)
    bodies = {key: s3.get_object(Bucket="kept", Key=key)["Body"].read() for key in sums}
    server.stop()  # folds the log into the file
    index = server.data / "objects/index.db"
    image = bytearray(index.read_bytes())
    planted = 0
    for body in list(bodies.values())[:20]:
        at = image.find(body[100:164])
        if at >= 0:
            image[at + 7] ^= 4
            planted += 1
    assert planted >= 10
    index.write_bytes(image)
    server = start(house, tmp_path / "replica")
    s3 = client(server)
    expect_all(s3, sums)
    assert scrub(server) == {"bodies": 50, "damaged": 0, "mended": planted}
    assert "objects replica in step" in server.health()
    assert scrub(server)["mended"] == 0


def test_the_replica_takes_the_place_of_the_lost_store(house, tmp_path):
    chance = random.Random(SEED)
    server = start(house, tmp_path / "replica")
    s3 = client(server)
    sums = stored(s3, chance, 60, lambda n: chance.choice([0, 10, 65_536, 65_537, 300_000]))
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    s3.delete_object(Bucket="kept", Key="7")
    del sums["7"]
    server.kill()
    shutil.rmtree(server.data / "objects")
    shutil.copytree(tmp_path / "replica", server.data / "objects")
    server = house.start("rot")
    s3 = client(server)
    expect_all(s3, sums)
    assert {o["Key"] for o in s3.list_objects_v2(Bucket="kept")["Contents"]} == set(sums)
    assert s3.list_object_versions(Bucket="kept")["DeleteMarkers"][0]["Key"] == "7"
    assert s3.head_object(Bucket="kept", Key="3")["Metadata"] == {"n": "3"}


def test_a_replica_that_missed_something_catches_up(house, tmp_path):
    chance = random.Random(SEED)
    replica = tmp_path / "replica"
    server = start(house, replica)
    stored(client(server), chance, 10, lambda n: 100_000)
    server.kill()
    server = house.start("rot")  # without it
    s3 = client(server)
    sums = stored(s3, chance, 30, lambda n: 100_000 if n % 2 else 100)
    server.kill()
    server = start(house, replica)
    wait_until(lambda: {f.name for f in files_in(replica)} >= {f.name for f in files_in(server.data / "objects")}, "all files are there")
    server.kill()
    shutil.rmtree(server.data / "objects")
    shutil.copytree(replica, server.data / "objects")
    expect_all(client(house.start("rot")), sums)


def test_a_replica_whose_disk_is_full_is_left_behind_and_said(house, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", small], check=True)
    try:
        server = start(house, small / "replica")
        s3 = client(server)
        sums = stored(s3, random.Random(SEED), 20, lambda n: 500_000)
        expect_all(s3, sums)
        wait_until(lambda: "objects replica left behind: " in server.health(), "it is said")
        assert "is left behind" in server.output()
        server.stop()
    finally:
        subprocess.run(["umount", small], check=True)
