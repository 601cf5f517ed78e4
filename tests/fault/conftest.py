"""Shares servers, client and packages with the end-to-end tests."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from support.server import House  # noqa: E402  the path above comes first


@pytest.fixture
def house():
    house = House()
    yield house
    house.close()
