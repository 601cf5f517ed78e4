"""The burst example, smaller than a person would run it: the whole takes 10 s of 2,000 calls a second."""

import re

from examples import check_where_others_run, run


def test_it_shows_a_burst_and_its_bill():
    shown = run("burst", "drive", "20:100:1s")
    assert re.search(r"rate +\S+   20 → 100 req/s", shown), shown
    assert re.search(r"sent 140 · ok 140 · throttled 0", shown), shown
    assert re.search(r"shop/api +140 +0 ", shown), shown


def test_its_promises_hold():
    of_time = "a second after it began|the driver was on time|what is billed"
    check_where_others_run("burst", "20:200:4s", claims=6, of_time=of_time)
