"""mayfly put, get, ls, rm, bucket."""

import os

import pytest

from support.cli import Cli
from support.s3 import send


@pytest.fixture(scope="module")
def folder(house):
    folder = house.folder / "cli"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def cli(server, folder):
    cli = Cli(server, folder)
    cli("bucket", "make", "photos")
    return cli


def test_a_file_goes_there_and_back(cli, folder):
    body = os.urandom(40_000_000)  # in three parts
    (folder / "large.jpg").write_bytes(body)
    (folder / "none.txt").write_bytes(b"")
    assert cli.json("put", "large.jpg", "photos/in/") == {"name": "photos/in/large.jpg", "bytes": len(body)}
    cli("put", "none.txt", "s3://photos/é a+b.txt")
    listed = cli.json("ls", "-r", "photos")["objects"]
    assert [(o["key"], o["bytes"]) for o in listed] == [("in/large.jpg", len(body)), ("é a+b.txt", 0)]
    assert [o.get("prefix") for o in cli.json("ls", "photos")["objects"]] == ["in/", None]
    cli("get", "photos/in/large.jpg", "back.jpg")
    assert (folder / "back.jpg").read_bytes() == body
    cli("get", "photos/é a+b.txt", "empty")
    assert (folder / "empty").read_bytes() == b""
    assert not [f for f in folder.iterdir() if ".part" in f.name]
    cli("rm", "-r", "photos/in/")
    cli("rm", "photos/é a+b.txt")
    assert cli.json("ls", "photos")["objects"] == []


def test_a_fetch_that_was_cut_short_goes_on(cli, folder, server):
    body = os.urandom(20_000_000)
    (folder / "whole").write_bytes(body)
    cli("put", "whole", "photos/whole")
    _, headers, _ = send(server, "HEAD", "/photos/whole")
    # As a fetch that was ended in the middle leaves it.
    (folder / "again.part").write_bytes(body[:17_000_000])
    (folder / "again.part.etag").write_text(headers["ETag"])
    cli("get", "photos/whole", "again")
    assert (folder / "again").read_bytes() == body
    (folder / "again.part").write_bytes(b"of another object" * 100)
    (folder / "again.part.etag").write_text('"0123"')
    cli("get", "photos/whole", "again")
    assert (folder / "again").read_bytes() == body


def test_errors_have_exit_codes(cli):
    assert cli.error("get", "photos/nope", code=3)["code"] == "NoSuchKey"
    assert cli.error("ls", "no-such-bucket", code=3)["code"] == "NoSuchBucket"
    assert cli.error("bucket", "rm", "photos", code=5)["code"] == "BucketNotEmpty"
    assert cli.error("bucket", "make", "No_Such", code=2)["code"] == "InvalidBucketName"
