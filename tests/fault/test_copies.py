"""Objects copied to another store as they change: here to a second server, which goes away and comes back, as the first does."""

import random

from support.s3 import client
from support.waiting import wait_until


def contents(s3, bucket, prefix=""):
    found = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for one in page.get("Contents", []):
            answer = s3.get_object(Bucket=bucket, Key=one["Key"])
            found[one["Key"].removeprefix(prefix)] = (answer["Body"].read(), answer["ContentType"], answer["Metadata"])
    return found


def start_first(house, target, key):
    environment = {
        "MAYFLY_OBJECTS_COPY": f"{target}/backup/of the first",
        "MAYFLY_OBJECTS_COPY_ACCESS_KEY_ID": key.id,
        "MAYFLY_OBJECTS_COPY_ACCESS_KEY_SECRET": key.secret,
    }
    return house.start("first", environment=environment)


def in_step(server):
    return "\nobjects copy in step with " in server.health()


def test_another_store_follows_through_kills_of_both(house):
    second = house.start("second")
    target, key = second.objects, second.key()
    client(second).create_bucket(Bucket="backup")
    chance = random.Random(7)

    before = house.start("first")  # what was there before copies were asked for is copied, too
    s3 = client(before)
    s3.create_bucket(Bucket="photos")
    for n in range(20):
        s3.put_object(Bucket="photos", Key=f"old/{n}", Body=chance.randbytes(n * 10_000))
    before.stop()

    first = start_first(house, target, key)
    s3 = client(first)
    s3.create_bucket(Bucket="other.one")
    for n in range(60):
        body = chance.randbytes(chance.choice([0, 10, 65_536, 65_537, 3_000_000]))
        s3.put_object(Bucket="photos", Key=f"in/é {n}+.jpg", Body=body, ContentType="image/jpeg", Metadata={"n": str(n)}, Tagging="a=b c")
        if n == 20:
            second.kill()
        if n == 40:
            first.kill()
            first = start_first(house, target, key)
            s3 = client(first)
    for n in range(0, 20, 2):
        s3.delete_object(Bucket="photos", Key=f"old/{n}")
    s3.copy_object(Bucket="other.one", Key="copied", CopySource="photos/old/1")
    wait_until(lambda: " to copy to " in first.health() and "connect" in first.health(), "it says why it waits")

    second = house.start("second", arguments=["--listen-objects", target.removeprefix("http://")])
    wait_until(lambda: in_step(first), "all is copied", seconds=60)
    there = client(second)
    for bucket in ("photos", "other.one"):
        assert contents(there, "backup", f"of the first/{bucket}/") == contents(s3, bucket)
    tags = there.get_object_tagging(Bucket="backup", Key="of the first/photos/in/é 3+.jpg")["TagSet"]
    assert tags == [{"Key": "a", "Value": "b c"}]

    s3.put_object_tagging(Bucket="photos", Key="old/1", Tagging={"TagSet": [{"Key": "new", "Value": "1"}]})

    def tagged():
        return there.get_object_tagging(Bucket="backup", Key="of the first/photos/old/1")["TagSet"]

    wait_until(lambda: tagged() == [{"Key": "new", "Value": "1"}], "a change of tags is copied, too")


def test_a_key_that_the_other_store_refuses_is_said(house):
    second = house.start("second")
    first = start_first(house, second.objects, second.key())  # there is no such bucket
    s3 = client(first)
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="k", Body=b"x")
    wait_until(lambda: "NoSuchBucket" in first.health(), "the reason is said")
    client(second).create_bucket(Bucket="backup")
    wait_until(lambda: in_step(first), "all is copied", seconds=60)
