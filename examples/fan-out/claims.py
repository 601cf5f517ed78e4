"""876 functions called by one: what the use case promises, beside what was measured.

claims.py MAYFLY DATA: the program, and the data folder of a server that has the functions.
"""

import json
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE / "scan"), str(HERE.parent)]
import index as scan
from measured import bill, claim, mayfly

KEYWORD, HOURS = "/p/42", 24 * 365


def search(**wanted):
    began = time.monotonic()
    answer = json.loads(mayfly("invoke", "logs/dispatch", "-d", json.dumps({"keyword": KEYWORD, **wanted})))
    return answer, time.monotonic() - began


def main():
    right = sum(scan.lines(hour).count(KEYWORD) for hour in range(HOURS))
    first, took = search()
    again, took_again = search()
    anew, took_anew = search(function="scan-anew")
    each_hour, took_each = search(hours_each=1)
    scans = next(row for row in bill() if row["function"] == "scan")
    asked = first["calls"] + again["calls"] + each_hour["calls"]
    held = [
        claim("876 functions are called by one, and all answer", "24 × 365 / 10 = 876",
              f"{first['calls']} calls on {first['instances']} instances", first["calls"] == 876),
        claim("done in under a minute", "60 s", f"{took:.2f} s, again {took_again:.2f} s", max(took, took_again) < 60),
        claim("with a new instance for each, too", "876 function instances; here: in 10 s",
              f"{anew['instances']} instances in {took_anew:.2f} s",
              anew["instances"] == anew["calls"] == 876 and took_anew < 10),
        claim("the total is right", "total number of occurrences",
              f"{first['found']}, {again['found']} and {anew['found']} found, {right} counted without functions",
              first["found"] == again["found"] == anew["found"] == each_hour["found"] == right),
        claim("8,760 at once, too", "thousands of instances", f"{each_hour['calls']} calls in {took_each:.2f} s",
              each_hour["calls"] == HOURS and took_each < 60),
        claim("each call is billed once", "pay per use", f"{scans['invocations']} of {asked} on the bill",
              scans["invocations"] == asked and scans["errors"] == 0),
    ]  # fmt: skip
    return 0 if all(held) else 1


sys.exit(main())
