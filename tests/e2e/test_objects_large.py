"""Much: 200 MB in parts, a long stream in both directions within little memory, 10,000 keys."""

import concurrent.futures
import hashlib
import re

import pytest

from support.s3 import client, send

MB = 1 << 20


@pytest.fixture(scope="module")
def s3(server):
    made = client(server, max_pool_connections=16)
    made.create_bucket(Bucket="much")
    return made


def memory_mb(server):
    with open(f"/proc/{server.pid}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) / 1024


class Pattern:
    """`size` bytes that need no memory, as a file to read."""

    block = bytes(range(256)) * 4096  # 1 MiB

    def __init__(self, size):
        self.left = size

    def read(self, count=-1):
        count = self.left if count < 0 else min(count, self.left, MB)
        self.left -= count
        return self.block[:count]

    @staticmethod
    def md5(size):
        digest, file = hashlib.md5(), Pattern(size)
        while piece := file.read(MB):
            digest.update(piece)
        return digest.hexdigest()


def test_200_mb_in_parts_and_in_one_stream_are_not_held_in_memory(server, s3):
    before = memory_mb(server)
    upload = s3.create_multipart_upload(Bucket="much", Key="parts")["UploadId"]
    part = Pattern.block * 20

    def put(number):
        done = s3.upload_part(Bucket="much", Key="parts", UploadId=upload, PartNumber=number, Body=part)
        return {"PartNumber": number, "ETag": done["ETag"]}

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(put, range(1, 11)))
    s3.complete_multipart_upload(Bucket="much", Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
    headers = {"Content-Length": str(200 * MB)}
    status, _, _ = send(server, "PUT", "/much/stream", Pattern(200 * MB), headers, "UNSIGNED-PAYLOAD")
    assert status == 200
    for key in ("parts", "stream"):
        digest, size = hashlib.md5(), 0
        for piece in s3.get_object(Bucket="much", Key=key)["Body"].iter_chunks(MB):
            digest.update(piece)
            size += len(piece)
        assert (size, digest.hexdigest()) == (200 * MB, Pattern.md5(200 * MB))
    assert memory_mb(server) - before < 64, "bodies are held in memory"
    middle = s3.get_object(Bucket="much", Key="parts", Range=f"bytes={20 * MB - 5}-{20 * MB + 4}")["Body"].read()
    assert middle == Pattern.block[-5:] + Pattern.block[:5]


def test_ten_thousand_keys_are_listed_and_deleted(s3):
    def put(n):
        s3.put_object(Bucket="much", Key=f"keys/{n % 10}/{n:05}", Body=b"x")

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(put, range(10_000)))
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="much", Prefix="keys/"))
    keys = [o["Key"] for page in pages for o in page["Contents"]]
    assert len(pages) == 10 and keys == sorted(f"keys/{n % 10}/{n:05}" for n in range(10_000))
    tops = s3.list_objects_v2(Bucket="much", Prefix="keys/", Delimiter="/")
    assert [p["Prefix"] for p in tops["CommonPrefixes"]] == [f"keys/{n}/" for n in range(10)]
    for at in range(0, 10_000, 1000):
        s3.delete_objects(Bucket="much", Delete={"Objects": [{"Key": k} for k in keys[at : at + 1000]], "Quiet": True})
    assert s3.list_objects_v2(Bucket="much", Prefix="keys/")["KeyCount"] == 0
