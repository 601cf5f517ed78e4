"""The npm client @alicloud/fc2 2.6.6, unmodified: fc2.test.mjs against a server of ours."""

import base64
import os
import pathlib
import subprocess

from support.packages import crc64, function, zip_of

HERE = pathlib.Path(__file__).parent


def test_the_public_node_client_works_unmodified(house, server):
    key, zip_bytes = server.key(), function("hello")
    other = zip_of({"index.py": "def handler(event, context):\n    return 'other'\n"})
    environment = {
        "PATH": os.environ["PATH"],
        "FC_ENDPOINT": server.url,
        "FC_ACCOUNT": key.account,
        "FC_KEY_ID": key.id,
        "FC_KEY_SECRET": key.secret,
        "FC_ZIP": base64.b64encode(zip_bytes).decode(),
        "FC_ZIP_CHECKSUM": str(crc64(zip_bytes)),
        "FC_OTHER_ZIP": base64.b64encode(other).decode(),
        "FC_WEB_ZIP": base64.b64encode(function("over_http")).decode(),
        "FC_SLOW_ZIP": base64.b64encode(function("nap")).decode(),
    }
    done = subprocess.run(
        ["node", "--test", "--test-reporter=spec", "fc2.test.mjs"],
        cwd=HERE,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fail 0" in done.stdout and "skipped 0" in done.stdout, done.stdout


def test_the_checksum_is_that_of_the_facts():
    assert crc64(b"123456789") == 11051210869376104954
