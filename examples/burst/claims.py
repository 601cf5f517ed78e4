"""A burst of calls: what the use case promises, beside what was measured.

claims.py MAYFLY DATA BURST: the program, the data folder of a server that has the function, CALM:RATE:LENGTH.
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from measured import bench, bill, claim, instances, mayfly

BACK_WITHIN = 60  # seconds


def seconds_until_back(floor):
    began = time.monotonic()
    while instances() > floor and time.monotonic() - began < BACK_WITHIN:
        pass
    return time.monotonic() - began


def main():
    burst = sys.argv[3]
    calm, rate, length = burst.split(":")
    bench("shop/api", "--rate", calm, "--for", "2s")  # as a server that has been running
    before = bill()[0]
    result = bench("shop/api", "--burst", burst)
    floor = next(second["instances"] for second in result["seconds"] if "instances" in second)
    most = max(second.get("instances", 0) for second in result["seconds"])
    took = seconds_until_back(floor)
    row = bill()[0]
    billed = (row["billedMs"] - before["billedMs"]) / (row["invocations"] - before["invocations"])
    bad = result["sent"] - result["ok"]
    calm_p99, settled_p99 = result["calmMs"]["p99"], result["settledMs"]["p99"]
    held = [
        claim(f"{calm} → {rate} calls a second for {length}, nothing set up, no error", "20 → 200 for 10 s",
              f"{result['ok']} of {result['sent']} well, p50 {result['latencyMs']['p50']:.1f} ms", bad == 0),
        claim("a second after it began, a burst is as fast as calm", "transparent; here: p99 at most twice",
              f"p99 {settled_p99:.1f} ms, calm {calm_p99:.1f} ms, {settled_p99 / calm_p99:.2f} ×",
              settled_p99 <= 2 * calm_p99),
        claim("the driver was on time itself", "-", f"p99 {result['lateMs']['p99']:.1f} ms", result["lateMs"]["p99"] < 10),
        claim("instances come and go", "released after the peak; here: within 60 s",
              f"{floor} → {most} → {instances()}, {took:.1f} s after the last call", took < BACK_WITHIN),
        claim("what is billed is 100 ms a call", "pay per use, by 100 ms", f"{billed:.1f} ms a call", billed == 100),
        claim("the peak is a small part of the time", "10 s in 5 minutes: 4 %",
              f"{100 * 10 / 300:.1f} %; a machine for 200 a second would idle {100 - 100 * 7800 / 60000:.0f} %", True),
    ]  # fmt: skip
    return 0 if all(held) else 1


sys.exit(main())
