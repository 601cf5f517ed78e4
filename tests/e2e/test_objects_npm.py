"""npm's ali-oss and AWS SDK, unmodified, against the object store: objects_*.test.mjs."""

import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent


@pytest.mark.parametrize("file", ["objects_oss.test.mjs", "objects_s3.test.mjs"])
def test_a_public_client_works_unmodified(server, file):
    key = server.key()
    done = subprocess.run(
        ["node", "--test", "--test-reporter=spec", file],
        cwd=HERE,
        env={"PATH": os.environ["PATH"], "OBJECTS": server.objects, "KEY_ID": key.id, "KEY_SECRET": key.secret},
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert done.returncode == 0, done.stdout + done.stderr
