"""The signup example: mails that a mail server that is away does not lose."""

import re
import subprocess

from pages import ROOT

EXAMPLE = ROOT / "examples/signup"


def run(program):
    done = subprocess.run(
        [EXAMPLE / program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=150
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_it_shows_a_mail_that_waits_and_comes():
    shown = run("drive")
    assert re.search(r"mailto: +destination onSuccess +(waiting|running)", shown), shown
    assert shown.rstrip().splitlines()[0].strip() == "the mail server is down" and "welcome came" in shown, shown


def test_its_promises_hold():
    shown = run("check")
    assert len(re.findall(r"^CLAIM .* PASS$", shown, re.M)) == 5, shown
