"""Runs the programs of an example."""

import os
import re
import subprocess

import pytest
from pages import ROOT


def run(example, program, *arguments, seconds=150, code=0):
    """What it prints. `code` may be None: any."""
    command = [ROOT / "examples" / example / program, *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds
    )
    assert code is None or done.returncode == code, done.stdout
    return done.stdout


def kept(shown):
    """How many claims hold; that no other does not is told by the exit code."""
    return len(re.findall(r"^CLAIM .* PASS$", shown, re.M))


def check_where_others_run(example, *arguments, claims, of_time, tries=3):
    """Claims of time must hold once in a few tries, all others each time. Of a machine that others load, with more to do
    than it has cores, nothing is said of time."""
    for _ in range(tries):
        shown = run(example, "check", *arguments, code=None)
        assert len(re.findall(r"^CLAIM .* (?:PASS|FAIL)$", shown, re.M)) == claims, shown
        failed = re.findall(r"^CLAIM (.*?) · .* FAIL$", shown, re.M)
        assert all(re.match(of_time, claim) for claim in failed), shown
        if not failed:
            return
    if os.getloadavg()[0] > 2 * os.cpu_count():
        pytest.skip(f"the machine has too much else to do to measure time: load {os.getloadavg()[0]:.1f}")
    raise AssertionError(f"in {tries} tries, at last:\n{shown}")
