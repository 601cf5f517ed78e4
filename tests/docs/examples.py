"""Runs the programs of an example."""

import re
import subprocess

from pages import ROOT


def run(example, program, *arguments, seconds=150):
    command = [ROOT / "examples" / example / program, *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def kept(shown):
    """How many claims hold; that no other does not is told by the exit code."""
    return len(re.findall(r"^CLAIM .* PASS$", shown, re.M))
