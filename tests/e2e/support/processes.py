"""Processes and what they hold, read from /proc."""

import collections
import contextlib
import ctypes
import os
import pathlib
import re

PR_SET_CHILD_SUBREAPER = 36
SYS_PIDFD_GETFD = 438


def become_subreaper():
    """Orphans of our children become our children: then they can be seen, and reaped."""
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError("prctl(PR_SET_CHILD_SUBREAPER) failed")


def _parents():
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = pathlib.Path(f"/proc/{entry}/stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(entry)] = int(stat[stat.rindex(")") + 2 :].split()[1])
    return parents


def children(pid):
    return {child for child, parent in _parents().items() if parent == pid}


def descendants(pid):
    parents = _parents()
    found, layer = set(), {pid}
    while layer:
        layer = {child for child, parent in parents.items() if parent in layer} - found
        found |= layer
    return found


def name(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def kinds_of_files(pid):
    """How many descriptors lead to a pipe, a socket, each file."""
    kinds = collections.Counter()
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            kinds[re.sub(r":\[\d+\]$", "", str(link.readlink()))] += 1
    return dict(kinds)


def pidfd_of(holder, pid):
    """The very descriptor that `holder` has of the process `pid`, for us to hold as well."""

    def is_it(about):
        with contextlib.suppress(FileNotFoundError):
            return f"Pid:\t{pid}\n" in about.read_text()

    number = next(about.name for about in pathlib.Path(f"/proc/{holder}/fdinfo").iterdir() if is_it(about))
    whole = os.pidfd_open(holder)
    got = ctypes.CDLL(None, use_errno=True).syscall(SYS_PIDFD_GETFD, whole, int(number), 0)
    os.close(whole)
    if got < 0:
        raise OSError(ctypes.get_errno(), "pidfd_getfd")
    return got


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def sockets(pid):
    found = 0
    for file in os.listdir(f"/proc/{pid}/fd"):
        try:
            found += os.readlink(f"/proc/{pid}/fd/{file}").startswith("socket:")
        except FileNotFoundError:
            continue
    return found


def resident_kb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def has_mount(pid, place):
    try:
        lines = pathlib.Path(f"/proc/{pid}/mounts").read_text().splitlines()
    except OSError:  # it ends, or has ended
        return False
    return any(line.split()[1] == place for line in lines)


def mounts(pid):
    return len(pathlib.Path(f"/proc/{pid}/mounts").read_text().splitlines())


def network_namespaces(pids):
    """How many different ones these processes are in or hold open."""
    found = set()
    for pid in pids:
        try:
            found.add(os.readlink(f"/proc/{pid}/ns/net"))
            for fd in os.listdir(f"/proc/{pid}/fd"):
                target = os.readlink(f"/proc/{pid}/fd/{fd}")
                if target.startswith("net:["):
                    found.add(target)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return len(found)


def reap(pid):
    """True if `pid` was a child of ours that had ended."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return False
