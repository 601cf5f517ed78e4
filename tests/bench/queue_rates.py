"""Events durably taken a second, against a plain file appended to and synced in the same run; and a backlog
that is drained. Figures of a shared machine: the median of rounds."""

import json
import os
import pathlib
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "release" / "queue_bench"
ROUNDS = 3
SECONDS = 3
BACKLOG = int(os.environ.get("MAYFLY_BACKLOG", "1000000"))


def run(backlog):
    # In the build folder: /tmp may be memory, which syncs in no time.
    with tempfile.TemporaryDirectory(dir=PROGRAM.parent) as folder:
        done = subprocess.run([PROGRAM, folder, str(SECONDS), str(backlog)], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def bench_queue():
    rounds = [run(BACKLOG if turn == 0 else 0) for turn in range(ROUNDS)]
    for index, who in enumerate(("1 producer", "32 producers", "32 with 16 each on their way")):
        put, floor, ratio = (statistics.median(turn[index][name] for turn in rounds) for name in ("put", "floor", "ratio"))
        print(f"queue    {who}: {put:,.0f} events/s durable, plain append {floor:,.0f}/s, ratio {ratio:.2f}")
    drained = rounds[0][3]
    print(
        f"queue    {drained['backlog']:,} drained: first tenth {drained['first']:,.0f}/s, last {drained['last']:,.0f}/s, "
        f"ratio {drained['ratio']:.2f}, {drained['mb_more']} MB more than before"
    )
