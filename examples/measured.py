"""What the examples' claims share: the command line of a server, and how a claim is said.

Programs that use it are called with MAYFLY DATA: the program, and the data folder of a server that runs.
"""

import json
import subprocess
import sys
import urllib.request


def mayfly(*words, may_fail=False):
    done = subprocess.run([sys.argv[1], *map(str, words), "--data", sys.argv[2]], stdout=subprocess.PIPE)
    if done.returncode and not may_fail:
        sys.exit(f"mayfly {' '.join(map(str, words[:4]))} ended with {done.returncode}")
    return done.stdout


def bench(*words):
    """What `mayfly bench` reports, whether or not all calls went well."""
    return json.loads(mayfly("bench", *words, "-o", "json", may_fail=True))


def bill():
    return json.loads(mayfly("bill", "-o", "json"))["functions"]


def health():
    """/readyz?verbose, line by line: the first word, then the rest."""
    with open(f"{sys.argv[2]}/server.json") as file:
        url = json.load(file)["api"]
    with urllib.request.urlopen(f"{url}/readyz?verbose") as answer:
        return answer.read().decode()


def instances():
    """Workers that start, work or idle."""
    words = next(line for line in health().splitlines() if line.startswith("workers starting")).split()
    return sum(int(words[at]) for at in (2, 4, 6))


def claim(what, seed, measured, holds):
    print(f"CLAIM {what} · seed says {seed} · measured {measured} · {'PASS' if holds else 'FAIL'}", flush=True)
    return bool(holds)
