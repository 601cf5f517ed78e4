"""Children of one warmed parent, one after another, each put through everything a forked interpreter must do.

MAYFLY_CHILDREN says how many (10,000 is the claim; the usual run is a sample of it).
"""

import os
import sys
from pathlib import Path

import pytest

E2E = Path(__file__).resolve().parent.parent / "e2e"
sys.path.insert(0, str(E2E))

from support.packages import FUNCTIONS, zip_of  # noqa: E402

SERVICE = "s"
CHILDREN = int(os.environ.get("MAYFLY_CHILDREN", "200"))
FILES = {"nodejs20": "index.js"}
SOURCES = {"nodejs20": "everything.js"}


@pytest.mark.parametrize("runtime", FILES)
def test_no_child_fails(house, runtime):
    server = house.start(runtime)
    assert "fails its test" not in server.output()
    client = server.client()
    client.make_service(SERVICE)
    code = zip_of({FILES[runtime]: (FUNCTIONS / SOURCES[runtime]).read_text()})
    client.make(SERVICE, "f", code, runtime=runtime, memorySize=512, timeout=20)
    seen = set()
    for n in range(CHILDREN):
        client.update(SERVICE, "f", environmentVariables={"N": str(n)})  # the next call cannot find a worker
        answer = client.invoke(SERVICE, "f", tail=True)
        assert answer.json == {}, f"child {n}: {answer.body[:2000]}\n{answer.log.decode()}"
        seen.add(answer.headers["X-Fc-Instance-Id"])
    assert len(seen) == CHILDREN
    client.close()
