"""How many idle workers fit on a machine: 1,000 of each language and 5,000 of Python, alive and answering."""

import collections
import dataclasses
import json
import pathlib
import statistics
import sys
import threading
import time

from languages import ANSWER, EVENT, LANGUAGES
from server import HERE, quantile, verdict, wait_until

sys.path.insert(0, str(HERE.parent / "e2e"))

from support import processes  # noqa: E402  the path above comes first
from support.packages import zip_of  # noqa: E402
from support.server import House  # noqa: E402

MIB_MAX = {"python": 2.5, "nodejs": 2.5, "java": 5.0}  # PSS and kernel memory of an idle worker
FLAGS = ["--workers", "6000", "--promise", "1000"]
SERVICE = "bench"
CLIENTS = 4
# Called again after so long, a worker's function seems to be called every 20 s, and is kept for 60.
AGAIN_SECONDS = 20
SAMPLE = 200  # workers whose memory is read, evenly chosen
STEP = 500  # workers, for the rate at which they are made
MEMORY_GROUPS = next(p for p in (pathlib.Path("/sys/fs/cgroup/memory"), pathlib.Path("/sys/fs/cgroup")) if p.is_dir())
GROUPS = 50  # made to see what one takes
SUPERBLOCKS = 3  # of a sandbox: its /tmp, its /proc and its message queues
KERNEL = ("Slab", "PageTables", "KernelStack", "Percpu")
KIB_A_MIB = 1024


def meminfo():
    """KiB by name, proc(5)."""
    lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    return {line.split(":")[0]: int(line.split()[1]) for line in lines}


def outgrown_kib(sandboxes):
    """What each memory group takes only because this kernel had more mounts at some time since it started.

    Linux gives each group a table with a place for every shrinker there ever was, one KiB for 64 of them, and
    each superblock has one (mm/shrinker.c, shrinker_unit). The table of later groups is never shorter.
    """
    folder = MEMORY_GROUPS / "mayfly-bench"
    folder.mkdir()
    before = meminfo()["Slab"]
    groups = [folder / str(n) for n in range(GROUPS)]
    for group in groups:
        group.mkdir()
    taken = (meminfo()["Slab"] - before) / GROUPS
    for group in (*groups, folder):
        group.rmdir()
    return max(0.0, taken - sandboxes * SUPERBLOCKS / 64)


def pss_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    sys.exit(f"bench: process {pid} has no Pss")


@dataclasses.dataclass
class Called:
    """One function and its one worker."""

    name: str
    instance: str = ""
    last: float = 0.0


class Crowd:
    """Functions with one worker each, called again before their workers are given up."""

    def __init__(self, server, language):
        self.server, self.language = server, language
        self.members = collections.deque()  # the longest not called first
        self.lock = threading.Lock()
        self.restarted = 0  # workers that were not there any more when their function was called again

    def create(self, count):
        """As many functions. No worker runs yet."""
        package = zip_of({self.language.file: self.language.code})
        spec = {"runtime": self.language.runtime, "handler": self.language.handler, "memorySize": 64, "timeout": 60}
        self.server.clients[0].make_service(SERVICE)
        numbers = iter(range(count))
        self._share(lambda client: self._create_rest(client, numbers, package, spec))

    def _create_rest(self, client, numbers, package, spec):
        while (n := self._next(numbers)) is not None:
            client.make(SERVICE, f"f{n}", package, **spec)

    def start(self, first, count):
        """Calls each of these functions for the first time."""
        numbers = iter(range(first, first + count))
        self._share(lambda client: self._start_rest(client, numbers))

    def _start_rest(self, client, numbers):
        while (n := self._next(numbers)) is not None:
            member = Called(f"f{n}")
            self._call(client, member)
            self._again(client)

    def _again(self, client):
        while True:
            with self.lock:
                if not self.members or time.monotonic() - self.members[0].last < AGAIN_SECONDS:
                    return
                member = self.members.popleft()
            self._call(client, member)

    def answer_again(self):
        """Each function answers once more. Gives the milliseconds of each call, one after the other."""
        taken = []
        for _ in range(len(self.members)):
            member = self.members.popleft()
            begun = time.perf_counter()
            self._call(self.server.clients[0], member)
            taken.append((time.perf_counter() - begun) * 1e3)
        return taken

    def _call(self, client, member):
        answer = client.invoke(SERVICE, member.name, json.dumps(EVENT))
        if answer.status != 200 or answer.headers["X-Fc-Error-Type"] or answer.json != ANSWER:
            raise AssertionError(f"bench: {member.name}: {answer.status} {answer.body[:300]}")
        instance = answer.headers["X-Fc-Instance-Id"]
        with self.lock:
            if member.instance not in ("", instance):
                self.restarted += 1
            member.instance, member.last = instance, time.monotonic()
            self.members.append(member)

    def _next(self, numbers):
        with self.lock:
            return next(numbers, None)

    def _share(self, work):
        """`work` on each connection, in a thread of its own; its failure is ours."""
        failures = []

        def guarded(client):
            try:
                work(client)
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=guarded, args=(client,)) for client in self.server.clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]


def fill(crowd, count):
    """Makes the workers; gives how many a second, step by step."""
    rates = []
    for first in range(0, count, STEP):
        begun = time.monotonic()
        crowd.start(first, min(STEP, count - first))
        rates.append(min(STEP, count - first) / (time.monotonic() - begun))
    return rates


def bench_density_of(title, count, house):
    language = LANGUAGES[title]
    server = house.start(f"{title}{count}", arguments=FLAGS, seconds=120)
    server.clients = [server.client() for _ in range(CLIENTS)]
    crowd = Crowd(server, language)
    crowd.create(count)
    before, sandboxed_before = meminfo(), len(server.sandboxed())
    rates = fill(crowd, count)
    taken = crowd.answer_again()
    distinct = len({member.instance for member in crowd.members})
    workers = sorted(server.workers())
    wait_until(lambda: time.monotonic() - crowd.members[-1].last > 0.2, "the last one is frozen")
    after, more = meminfo(), len(server.sandboxed()) - sandboxed_before
    pss = statistics.mean(pss_kib(pid) for pid in workers[:: max(1, len(workers) // SAMPLE)]) / KIB_A_MIB
    grown = {name: (after[name] - before[name]) / more / KIB_A_MIB for name in KERNEL}
    kernel = sum(grown.values())
    available = (before["MemAvailable"] - after["MemAvailable"]) / more / KIB_A_MIB
    print(f"{count} {title} workers, idle, each in the full sandbox; {len(crowd.members)} functions")
    print(f"  alive {len(workers)}  started again meanwhile {crowd.restarted}")
    print(f"  PSS {pss:.2f} MiB  kernel {kernel:.2f} MiB   cross-check: available memory fell by {available:.2f} MiB a worker")
    outgrown = outgrown_kib(len(server.sandboxed())) / KIB_A_MIB
    print(f"  of the kernel's, {outgrown:.2f} MiB is for more sandboxes than these, which this machine had before")
    print(f"  of the kernel's: {' '.join(f'{name} {mib:.2f}' for name, mib in grown.items())}")
    print(f"  made a second, by {STEP}: {' '.join(f'{rate:.0f}' for rate in rates)}")
    print(f"  call to an idle worker p50 {quantile(taken, 0.5):.2f} ms  p99 {quantile(taken, 0.99):.2f} ms")
    for pid in (server.pid, server.launcher()):
        print(f"  {processes.name(pid)}: {processes.resident_kb(pid) // KIB_A_MIB} MiB resident, {processes.open_files(pid)} descriptors")
    verdict(f"{title}: workers alive and answering >= {count}", min(len(workers), distinct), ">=", count)
    verdict(f"{title}: PSS + kernel of an idle worker <= {MIB_MAX[title]} MiB", pss + kernel - outgrown, "<=", MIB_MAX[title])
    end(house, server, before)


def end(house, server, before):
    """Stops the server; nothing of all that may stay."""
    for client in server.clients:
        client.close()
    begun = time.monotonic()
    code = server.stop(120)
    house.expect_nothing_left(server, 120)
    kept = (before["MemAvailable"] - meminfo()["MemAvailable"]) / KIB_A_MIB
    print(f"  ended with {code} and nothing left in {time.monotonic() - begun:.1f} s; memory not back: {kept:.0f} MiB")


def bench_density():
    house = House()
    try:
        for title in LANGUAGES:
            bench_density_of(title, 1000, house)
        bench_density_of("python", 5000, house)
    finally:
        house.close()
