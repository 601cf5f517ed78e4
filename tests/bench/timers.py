"""How late timers are: 10,000 of them, each once a minute at a second of its own; then all at the same second.

Late is from the moment of the expression to the moment the event is on the disk, from where nothing loses it.
"""

import concurrent.futures
import re
import sys
import threading

from server import HERE, verdict

sys.path.insert(0, str(HERE.parent / "e2e"))

from support.server import House  # noqa: E402  the path above comes first
from support.waiting import wait_until  # noqa: E402

TIMERS, EACH = 10_000, 10  # of a function: as many as it may have
SERVICE = "bench"
CLIENTS = 8
CODE = "def handler(event, context):\n    return 'ok'\n"
P99_SECONDS = 0.05
BUCKET = re.compile(r'mayfly_timer_lateness_seconds_bucket\{le="([^"]+)"\} (\d+)')


def histogram(client):
    """How many were at most so many seconds late, by the bound; all under inf."""
    text = client.send("GET", "/metrics").body.decode()
    return {float(bound.replace("+Inf", "inf")): int(count) for bound, count in BUCKET.findall(text)}


def quantile_bound(before, after, q):
    """The bound of the bucket that holds the quantile of what came between the two."""
    counts = {bound: after[bound] - before[bound] for bound in after}
    return next(bound for bound in sorted(counts) if counts[bound] >= q * counts[float("inf")])


def in_threads(server, work, count):
    clients = threading.local()

    def one(n):
        if not hasattr(clients, "mine"):
            clients.mine = server.client()
        work(clients.mine, n)

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(one, range(count)))


def set_timers(server, expression, make):
    def all_of_a_function(client, f):
        """One after the other: a function takes one change at a time."""
        path = f"services/{SERVICE}/functions/f{f}/triggers"
        for t in range(EACH):
            config = {"triggerConfig": {"cronExpression": expression(f * EACH + t), "payload": "", "enable": True}}
            answer = (
                client.json("POST", path, {"triggerName": f"t{t}", "triggerType": "timer", **config})
                if make
                else client.json("PUT", f"{path}/t{t}", config)
            )
            if answer.status != 200:
                sys.exit(f"bench: {answer.status} {answer.body[:300]}")

    in_threads(server, all_of_a_function, TIMERS // EACH)


def measure(server, title):
    client = server.client()
    before = histogram(client)
    wait_until(lambda: histogram(client)[float("inf")] >= before[float("inf")] + TIMERS, "each timer fired", 150, every=0.5)
    after = histogram(client)
    client.close()
    p50, p99 = (quantile_bound(before, after, q) for q in (0.5, 0.99))
    print(f"timers   {TIMERS:,} {title}: p50 at most {p50 * 1000:g} ms late, p99 at most {p99 * 1000:g} ms")
    return p99


def bench_timers():
    house = House()
    try:
        server = house.start(arguments=["--workers", "64", "--park", "4"])
        client = server.client()
        client.make_service(SERVICE)
        client.close()
        in_threads(server, lambda client, n: client.make(SERVICE, f"f{n}", CODE), TIMERS // EACH)
        set_timers(server, lambda n: f"{n % 60} * * * * *", make=True)
        p99 = measure(server, "timers, each at a second of its own, once a minute")
        set_timers(server, lambda n: "0 * * * * *", make=False)
        measure(server, "timers, all at the same second")
        verdict(f"timers, p99 of {TIMERS:,} in seconds", p99, "<=", P99_SECONDS)
    finally:
        house.close()

