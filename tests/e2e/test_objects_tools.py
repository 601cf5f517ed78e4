"""Debian's awscli, s3cmd and rclone, unmodified, against the object store; each from `mayfly env`."""

import json
import os
import subprocess

import pytest

from support.server import PROGRAMS


@pytest.fixture(scope="module", params=["auto", "md5", "opaque"])
def server(house, request):
    """Tools compare an ETag with their own MD5 unless it says that it is none. So each puts a large file whole, too."""
    return house.start(request.param, arguments=["--objects-etag", request.param])


@pytest.fixture(scope="module")
def environment(server, house):
    """What `mayfly env` prints, and nothing of this machine's own settings."""
    printed = subprocess.run(
        [PROGRAMS / "mayfly", "env", "-o", "json", "--data", server.data], capture_output=True, text=True, check=True
    )
    home = house.folder / "home"
    home.mkdir(exist_ok=True)
    return {"PATH": "/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8", **json.loads(printed.stdout)}


@pytest.fixture(scope="module")
def run(environment):
    def run(*words, code=0):
        done = subprocess.run([str(w) for w in words], env=environment, capture_output=True, text=True, timeout=100)
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    return run


@pytest.fixture
def folder(tmp_path):
    """Files whose names have spaces and more, and one large enough for several parts."""
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "a b+c.txt").write_text("small\n")
    (tmp_path / "in" / "sub" / "é.txt").write_text("unicode\n")
    (tmp_path / "in" / "large.bin").write_bytes(os.urandom(20_000_001))
    return tmp_path


def same(one, other):
    listed = {p.relative_to(one): p.read_bytes() for p in one.rglob("*") if p.is_file()}
    return listed == {p.relative_to(other): p.read_bytes() for p in other.rglob("*") if p.is_file()}


def test_awscli(run, environment, folder):
    def aws(*words, **options):
        return run("/usr/bin/aws", "--endpoint-url", environment["AWS_ENDPOINT_URL"], *words, **options)

    aws("s3", "mb", "s3://from-aws")
    aws("s3", "cp", "--recursive", folder / "in", "s3://from-aws/x/")
    assert "large.bin" in aws("s3", "ls", "s3://from-aws/x/")
    assert "PRE x/" in aws("s3", "ls", "s3://from-aws")
    aws("s3", "sync", "s3://from-aws/x/", folder / "out")
    assert same(folder / "in", folder / "out")
    aws("s3", "cp", "s3://from-aws/x/large.bin", "s3://from-aws/y")
    aws("s3api", "put-object", "--bucket", "from-aws", "--key", "z", "--checksum-algorithm", "SHA256", "--body", folder / "in/a b+c.txt")
    assert "arn" not in aws("s3api", "head-object", "--bucket", "from-aws", "--key", "z")
    aws("s3api", "put-object", "--bucket", "from-aws", "--key", "whole", "--body", folder / "in/large.bin")
    aws("s3", "cp", "s3://from-aws/whole", folder / "whole")
    assert (folder / "whole").read_bytes() == (folder / "in/large.bin").read_bytes()
    url = aws("s3", "presign", "s3://from-aws/z").strip()
    assert run("curl", "-sf", url) == "small\n"
    aws("s3", "rm", "--recursive", "s3://from-aws/")
    aws("s3", "rb", "s3://from-aws")
    assert "from-aws" not in aws("s3", "ls")


def test_s3cmd(run, environment, folder):
    address = environment["MAYFLY_OBJECTS_ENDPOINT"].removeprefix("http://")

    def s3cmd(*words):
        return run(
            "/usr/bin/s3cmd", "--no-ssl", f"--host={address}", f"--host-bucket={address}", "--no-progress",
            f"--access_key={environment['AWS_ACCESS_KEY_ID']}", f"--secret_key={environment['AWS_SECRET_ACCESS_KEY']}", *words,
        )  # fmt: skip

    s3cmd("mb", "s3://from-s3cmd")
    s3cmd("sync", "--multipart-chunk-size-mb=5", f"{folder}/in/", "s3://from-s3cmd/x/")
    assert "s3://from-s3cmd/x/large.bin" in s3cmd("ls", "s3://from-s3cmd/x/")
    s3cmd("sync", "s3://from-s3cmd/x/", f"{folder}/out/")
    assert same(folder / "in", folder / "out")
    assert "20000001" in s3cmd("info", "s3://from-s3cmd/x/large.bin")
    s3cmd("put", "--disable-multipart", folder / "in/large.bin", "s3://from-s3cmd/whole")
    s3cmd("get", "s3://from-s3cmd/whole", folder / "whole")
    assert (folder / "whole").read_bytes() == (folder / "in/large.bin").read_bytes()
    s3cmd("cp", "s3://from-s3cmd/x/a b+c.txt", "s3://from-s3cmd/copy")
    assert run("curl", "-sf", s3cmd("signurl", "s3://from-s3cmd/copy", "+60").strip()) == "small\n"
    s3cmd("rb", "--recursive", "--force", "s3://from-s3cmd")


def test_rclone(run, folder):
    run("rclone", "mkdir", "mayfly:from-rclone")
    run("rclone", "copy", "--s3-upload-cutoff", "5M", "--s3-chunk-size", "5M", folder / "in", "mayfly:from-rclone/x")
    run("rclone", "check", folder / "in", "mayfly:from-rclone/x")
    assert run("rclone", "cat", "mayfly:from-rclone/x/sub/é.txt") == "unicode\n"
    assert run("rclone", "cat", "--offset", "2", "--count", "3", "mayfly:from-rclone/x/a b+c.txt") == "all"
    run("rclone", "copyto", "mayfly:from-rclone/x/large.bin", "mayfly:from-rclone/y")
    run("rclone", "copyto", folder / "in/large.bin", "mayfly:from-rclone/whole")
    run("rclone", "copyto", "mayfly:from-rclone/whole", folder / "whole")
    assert (folder / "whole").read_bytes() == (folder / "in/large.bin").read_bytes()
    run("rclone", "copy", "mayfly:from-rclone/x", folder / "out")
    assert same(folder / "in", folder / "out")
    run("rclone", "purge", "mayfly:from-rclone")
