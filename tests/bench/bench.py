#!/usr/bin/env python3
"""The numbers of docs/limits.md, as ratios to a reference measured in the same run.

bench.py cold   cold start in each language and tier through the HTTP API against a plain exec of its interpreter
bench.py custom cold start of programs of their own, behind HTTP, against the same program started by hand
bench.py warm   warm 1 KB echo of Python and Node.js through the HTTP API and an anonymous http trigger against a bare node:http echo and uvicorn
bench.py density how many idle workers fit: what one takes, 1,000 alive of each language, 5,000 of Python
bench.py queue  events durably taken a second against a plain append with fdatasync; a backlog of 1,000,000 drained
bench.py timers how late 10,000 timers are
bench.py objects 1 KB objects against nginx, 64 MB against a plain copy, a listing, PUT to handler start
bench.py flood  what one account notices while another floods the server over 500 connections
bench.py        all

Machines are shared and noisy: every figure is the median of several rounds, and reference and subject
take turns within each round.
"""

import sys

from cold import bench_cold
from custom import bench_custom
from density import bench_density
from flood import bench_flood
from objects import bench_objects
from queue_rates import bench_queue
from timers import bench_timers
from warm import bench_warm

BENCHES = {
    "cold": bench_cold, "custom": bench_custom, "warm": bench_warm, "density": bench_density, "queue": bench_queue,
    "timers": bench_timers, "objects": bench_objects, "flood": bench_flood,
}  # fmt: skip

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHES:
        if name not in BENCHES:
            sys.exit(f"bench: no bench '{name}'; there are {', '.join(BENCHES)}")
        BENCHES[name]()
