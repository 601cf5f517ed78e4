"""The fan-out example: 876 functions called by one, then 8,760."""

import re
import subprocess

from pages import ROOT

EXAMPLE = ROOT / "examples/fan-out"


def run(program):
    done = subprocess.run(
        [EXAMPLE / program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=150
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_it_shows_one_search_and_its_bill():
    shown = run("drive")
    assert re.search(r'"calls": 876, "instances": \d+, "hours": 8760', shown), shown
    assert re.search(r"logs/scan +876 +0 ", shown), shown


def test_its_promises_hold():
    shown = run("check")
    assert len(re.findall(r"^CLAIM .* PASS$", shown, re.M)) == 5, shown
