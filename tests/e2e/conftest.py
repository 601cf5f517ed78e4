"""One server per test module, on a free port and a folder of its own; nothing may be left of it."""

import re

import pytest

from support.server import House
from support.web import LANGUAGES

SERVICE = "s"
GOOD = "def handler(event, context):\n    return b'good ' + event\n"


@pytest.fixture(scope="module")
def house():
    house = House()
    yield house
    house.close()


@pytest.fixture(scope="module")
def server(house):
    return house.start()


@pytest.fixture(scope="module")
def fc(server):
    """A client, with a service `s` and a function `good` in it."""
    client = server.client()
    client.make_service(SERVICE)
    client.make(SERVICE, "good", GOOD)
    yield client
    client.close()


@pytest.fixture
def still_good(fc, server):
    """After the test the server is the same process and a good function still answers."""
    yield
    assert server.process.poll() is None, server.output()
    client = server.client()
    assert client.invoke(SERVICE, "good", b"again").result == b"good again"
    client.close()


@pytest.fixture
def make(fc, request):
    """make(code, **spec) gives a function named like the test; the result calls it."""
    name = re.sub(r"\W", "_", request.node.name)[:100]

    def make(code, **spec):
        fc.make(SERVICE, name, code, **spec)

        def call(event=b"", **options):
            return fc.invoke(SERVICE, name, event, **options)

        call.name = name
        return call

    return make


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture
def web(fc, server, language, request):
    """A function of the program that the test's module has in every language: made by its make_web()."""
    return request.module.make_web(fc, server, language, request)
