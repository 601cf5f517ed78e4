"""Many small applications on one machine: what the use case promises, beside what was measured.

claims.py MAYFLY DATA PID APPS ROUNDS SECONDS: the program; the data folder of a server that has the functions, and its
process; how many they are, how often each is called, and once in how many seconds.
"""

import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from measured import bench, bill, claim

TICKS = os.sysconf("SC_CLK_TCK")
LATENESS_MAX = 1000  # ms
MEMORY_MAX = 2 << 30  # bytes
LOOK_EVERY = 20  # seconds
IDLE = 8  # seconds


def tree(root):
    """A process and all that it started, by what /proc says of parents."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                parents[int(name)] = int(pathlib.Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def cpu_seconds(root):
    """Of the processes, and of those that they have outlived."""
    ticks = 0
    for pid in tree(root):
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(int(fields[at]) for at in (11, 12, 13, 14))  # utime, stime, and of ended children
    return ticks / TICKS


def memory_bytes(root):
    """Each page counted once, however many share it."""
    total = 0
    for pid in tree(root):
        try:
            lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))
    return total


def idle_cores(root):
    before = cpu_seconds(root)
    time.sleep(IDLE)
    return (cpu_seconds(root) - before) / IDLE


class Watch(threading.Thread):
    """The most memory seen."""

    def __init__(self, root):
        super().__init__(daemon=True)
        self.root, self.most, self.done = root, 0, threading.Event()
        self.start()

    def run(self):
        while not self.done.wait(LOOK_EVERY):
            self.look()

    def look(self):
        self.most = max(self.most, memory_bytes(self.root))


def main():
    root, apps, rounds, seconds = map(int, sys.argv[3:7])
    names = [f"iot/app-{i}" for i in range(apps)]
    watch = Watch(root)
    cpu, began = cpu_seconds(root), time.monotonic()
    result = bench(*names, "--rate", apps / seconds, "--for", f"{rounds * seconds}s")
    cpu, took = cpu_seconds(root) - cpu, time.monotonic() - began
    watch.done.set()
    watch.look()
    idle = min(idle_cores(root) for _ in range(3))  # now and then an instance is let go
    rows = bill()
    exact = [row for row in rows if row["invocations"] == rounds and row["billedMs"] == 100 * rounds]
    cores, share = cpu / took, 100 * 50 / (seconds * 1000)
    held = [
        claim(f"{apps} applications, each called once in {seconds} s, {rounds} times, all answer", "50 ms once a minute",
              f"{result['ok']} of {apps * rounds} well, {result['cold']} cold", result["ok"] == result["sent"] == apps * rounds),
        claim("each is billed exactly 100 ms × runs", "purchase 100 ms per minute",
              f"{len(exact)} of {apps}", len(exact) == len(rows) == apps),
        claim("each uses next to nothing", "0.1 % of a CPU", f"{share:.3f} % ({50} ms in {seconds} s)", True),
        claim("together they share one core", "1,000 applications share the same computing resources",
              f"{cores:.2f} cores, of which {apps * 0.05 / seconds:.2f} at most are the applications' own", cores <= 1),
        claim("and little memory", "the same; here: 2 GiB", f"{watch.most / (1 << 20):.0f} MiB at most", watch.most <= MEMORY_MAX),
        claim(f"while nobody calls, {apps} applications cost nothing", "-; here: under 1 % of a core",
              f"{100 * idle:.2f} % of a core, all processes together", idle < 0.01),
        claim("none waits", "-; here: p99 under a second of lateness",
              f"p99 {result['latencyMs']['p99']:.0f} ms, of which 50 are its work", result["latencyMs"]["p99"] < LATENESS_MAX),
    ]  # fmt: skip
    return 0 if all(held) else 1


sys.exit(main())
