"""876 functions called by one: what the use case promises, beside what was measured.

claims.py MAYFLY DATA: the program, and the data folder of a server that has the functions.
"""

import json
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "scan"))
import index as scan

KEYWORD, HOURS = "/p/42", 24 * 365


def mayfly(*words):
    done = subprocess.run([sys.argv[1], *words, "--data", sys.argv[2]], stdout=subprocess.PIPE, check=True)
    return done.stdout


def search(**wanted):
    began = time.monotonic()
    answer = json.loads(mayfly("invoke", "logs/dispatch", "-d", json.dumps({"keyword": KEYWORD, **wanted})))
    return answer, time.monotonic() - began


def claim(what, seed, measured, holds):
    print(f"CLAIM {what} · seed says {seed} · measured {measured} · {'PASS' if holds else 'FAIL'}", flush=True)
    return holds


def main():
    right = sum(scan.lines(hour).count(KEYWORD) for hour in range(HOURS))
    first, took = search()
    again, took_again = search()
    each_hour, took_each = search(hours_each=1)
    bill = json.loads(mayfly("bill", "-o", "json"))
    scans = next(row for row in bill["functions"] if row["function"] == "scan")
    asked = first["calls"] + again["calls"] + each_hour["calls"]
    held = [
        claim("876 functions are called by one, and all answer", "24 × 365 / 10 = 876",
              f"{first['calls']} calls on {first['instances']} instances", first["calls"] == 876),
        claim("done in under a minute", "60 s", f"{took:.2f} s, again {took_again:.2f} s", max(took, took_again) < 60),
        claim("the total is right", "total number of occurrences",
              f"{first['found']} and {again['found']} found, {right} counted without functions",
              first["found"] == again["found"] == each_hour["found"] == right),
        claim("8,760 at once, too", "thousands of instances", f"{each_hour['calls']} calls in {took_each:.2f} s",
              each_hour["calls"] == HOURS and took_each < 60),
        claim("each call is billed once", "pay per use", f"{scans['invocations']} of {asked} on the bill",
              scans["invocations"] == asked and scans["errors"] == 0),
    ]  # fmt: skip
    return 0 if all(held) else 1


sys.exit(main())
