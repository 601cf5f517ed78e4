"""What docs/operating.md promises to those without root: it works, weaker, and says what is missing."""

import json
import os
import shutil
import signal
import subprocess
import tempfile

import pytest
from pages import PROGRAMS

NOBODY = 65534


@pytest.fixture
def home():
    """A folder that a user without a name can reach and write: pytest's own is private to root."""
    folder = tempfile.mkdtemp()
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


def as_nobody(home):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MAYFLY_")}
    surroundings = {"cwd": home, "env": clean | {"HOME": home, "MAYFLY_DATA": f"{home}/data"}, "text": True}
    if os.geteuid() == 0:
        surroundings |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    return surroundings


def is_reachable(nobody):
    try:
        return subprocess.run([PROGRAMS / "mayfly", "version"], check=False, capture_output=True, **nobody).returncode == 0
    except PermissionError:
        return False


def test_without_root_functions_run_and_the_banner_says_what_is_missing(home):
    nobody = as_nobody(home)
    if not is_reachable(nobody):
        pytest.skip("the programs lie in a folder that only their owner may enter")
    os.mkdir(f"{home}/hello")
    with open(f"{home}/hello/index.py", "w", encoding="utf-8") as file:
        file.write("def handler(event, context):\n    return event[::-1]\n")
    server = subprocess.Popen(
        [PROGRAMS / "mayfly", "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, **nobody
    )
    banner = ""
    for line in server.stdout:
        banner += line
        if line.startswith("ready "):
            break
    assert "weaker: not root" in banner

    def mayfly(*words):
        return subprocess.run([PROGRAMS / "mayfly", *words], capture_output=True, check=False, **nobody)

    deployed = mayfly("deploy", "hello")
    assert deployed.returncode == 0, deployed.stderr
    answer = mayfly("-o", "json", "invoke", "hello", "-d", "abc")
    assert answer.returncode == 0 and json.loads(answer.stdout)["body"] == "cba", answer
    server.send_signal(signal.SIGTERM)
    assert server.wait(timeout=40) == 0
