"""The IoT example, smaller than a person would run it: the whole takes five minutes of a thousand applications."""

import re

from examples import check_where_others_run, run


def test_it_shows_its_applications_and_their_bill():
    shown = run("iot-1000", "drive", 60, "3s")
    assert re.search(r"sent 3 · ok 3 · throttled 0", shown), shown


def test_its_promises_hold():
    of_time = "each is billed exactly|while nobody calls|none waits"
    check_where_others_run("iot-1000", 50, 2, 6, claims=7, of_time=of_time)
