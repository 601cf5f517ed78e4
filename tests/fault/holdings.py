"""What a server holds: counted before and after, it must be no more."""

from support import processes
from support.waiting import wait_until

PARKED = 2  # of each language, always
STOCK = 16  # network namespaces that are made ahead of time (src/sandbox/launcher.hpp)
OVERLAP = 60  # replaced workers that may still be ending while new ones start: a leak leaves one of each of a thousand
GROWTH_KB = 20 * 1024


def has_stock(server):
    return processes.network_namespaces(server.processes()) > STOCK + 4 * PARKED


def holdings(server):
    """What is counted, when no worker runs but those kept warm, and what is made ahead of time is there."""
    wait_until(lambda: has_stock(server), "the stock is full", 60)
    launcher = server.launcher()
    return {
        "processes": len(server.processes()),
        "descriptors of the server": processes.open_files(server.pid),
        "descriptors of the launcher": processes.open_files(launcher),
        "mounts of the server": processes.mounts(server.pid),
        "mounts of the launcher": processes.mounts(launcher),
        "network namespaces": processes.network_namespaces(server.processes()),
        "control groups": len(server.cgroups()),
    }


def most_groups(server, workers):
    """Groups are kept for reuse: as many as there were ever workers at once, in each hierarchy."""
    hierarchies = sum(1 for group in server.cgroups() if group.endswith("/0"))
    return hierarchies * (1 + workers + 4 * PARKED + OVERLAP)


def settled(server, before):
    """The holdings once they are no more than before; the last ones seen if that never comes."""
    found = {}

    def is_settled():
        found.update(holdings(server))
        return all(found[what] <= before[what] for what in before)

    try:
        wait_until(is_settled, "it holds no more than before", 60, every=0.1)
    except AssertionError:
        more = {what: (before[what], found[what]) for what in before if found[what] > before[what]}
        raise AssertionError(f"before and now: {more}; the server's descriptors: {processes.kinds_of_files(server.pid)}") from None


def sizes(server):
    return {pid: processes.resident_kb(pid) for pid in (server.pid, server.launcher())}


def expect_no_growth(server, before, meant=0):
    """`meant`: KB of what the server is to keep."""
    for pid, kb in before.items():
        grown = processes.resident_kb(pid) - kb - meant
        assert grown < GROWTH_KB, f"{processes.name(pid)} grew by {grown} KB, from {kb}"
