"""Children of one warmed parent, a few at a time, each put through everything a forked interpreter must do.

MAYFLY_CHILDREN says how many (10,000 is the claim; the usual run is a sample of it).
"""

import concurrent.futures
import os
import sys
from pathlib import Path

import pytest

E2E = Path(__file__).resolve().parent.parent / "e2e"
sys.path.insert(0, str(E2E))

from support import java  # noqa: E402
from support.packages import FUNCTIONS, zip_of  # noqa: E402

SERVICE = "s"
CHILDREN = int(os.environ.get("MAYFLY_CHILDREN", "200"))
PACKAGES = {
    "nodejs20": lambda: {"index.js": (FUNCTIONS / "everything.js").read_text()},
    "java17": lambda: java.function("Everything.java"),
}
HANDLERS = {"nodejs20": "index.handler", "java17": "Everything::handleRequest"}


ABREAST = 4  # functions called at once: a child waits for its timers most of the time


def call_new_children(server, name, count):
    """Calls the function that often, each time on a worker of its own; gives who they were."""
    client = server.client()
    seen = set()
    for n in range(count):
        client.update(SERVICE, name, environmentVariables={"N": str(n)})  # the next call cannot find a worker
        answer = client.invoke(SERVICE, name, tail=True)
        assert answer.json == {}, f"{name}, child {n}: {answer.body[:2000]}\n{answer.log.decode()}"
        seen.add(answer.headers["X-Fc-Instance-Id"])
    client.close()
    return seen


@pytest.mark.parametrize("runtime", PACKAGES)
def test_no_child_fails(house, runtime):
    server = house.start(runtime)
    assert "fails its test" not in server.output()
    client = server.client()
    client.make_service(SERVICE)
    code = zip_of(PACKAGES[runtime]())
    names = [f"f{n}" for n in range(ABREAST)]
    for name in names:
        client.make(SERVICE, name, code, runtime=runtime, handler=HANDLERS[runtime], memorySize=512, timeout=20)
    client.close()
    with concurrent.futures.ThreadPoolExecutor(ABREAST) as pool:
        seen = list(pool.map(lambda name: call_new_children(server, name, CHILDREN // ABREAST), names))
    assert len(set().union(*seen)) == CHILDREN
