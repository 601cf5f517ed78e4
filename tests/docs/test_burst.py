"""The burst example, smaller than a person would run it: the whole takes 10 s of 2,000 calls a second."""

import re

from examples import kept, run


def test_it_shows_a_burst_and_its_bill():
    shown = run("burst", "drive", "20:100:1s")
    assert re.search(r"rate +\S+   20 → 100 req/s", shown), shown
    assert re.search(r"sent 140 · ok 140 · throttled 0", shown), shown
    assert re.search(r"shop/api +140 +0 ", shown), shown


def test_its_promises_hold():
    shown = run("burst", "check", "20:200:4s")
    assert kept(shown) == 6, shown
