"""Children of one warmed parent, one after another, each put through everything a forked interpreter must do.

MAYFLY_CHILDREN says how many (10,000 is the claim; the usual run is a sample of it).
"""

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


@pytest.mark.parametrize("runtime", PACKAGES)
def test_no_child_fails(house, runtime):
    server = house.start(runtime)
    assert "fails its test" not in server.output()
    client = server.client()
    client.make_service(SERVICE)
    code = zip_of(PACKAGES[runtime]())
    client.make(SERVICE, "f", code, runtime=runtime, handler=HANDLERS[runtime], memorySize=512, timeout=20)
    seen = set()
    for n in range(CHILDREN):
        client.update(SERVICE, "f", environmentVariables={"N": str(n)})  # the next call cannot find a worker
        answer = client.invoke(SERVICE, "f", tail=True)
        assert answer.json == {}, f"child {n}: {answer.body[:2000]}\n{answer.log.decode()}"
        seen.add(answer.headers["X-Fc-Instance-Id"])
    assert len(seen) == CHILDREN
    client.close()
