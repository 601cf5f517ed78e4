"""The fan-out example: 876 functions called by one, then 8,760."""

import re

from examples import kept, run


def test_it_shows_one_search_and_its_bill():
    shown = run("fan-out", "drive")
    assert re.search(r'"calls": 876, "instances": \d+, "hours": 8760', shown), shown
    assert re.search(r"logs/scan +876 +0 ", shown), shown


def test_its_promises_hold():
    shown = run("fan-out", "check")
    assert kept(shown) == 6, shown
