"""Runs the programs of an example."""

import re
import subprocess

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
    """Claims of time may fail on a machine that others load: they must hold once in a few tries, all others each time."""
    for _ in range(tries):
        shown = run(example, "check", *arguments, code=None)
        assert len(re.findall(r"^CLAIM .* (?:PASS|FAIL)$", shown, re.M)) == claims, shown
        failed = re.findall(r"^CLAIM (.*?) · .* FAIL$", shown, re.M)
        assert all(re.match(of_time, claim) for claim in failed), shown
        if not failed:
            return
    raise AssertionError(f"in {tries} tries, at last:\n{shown}")
