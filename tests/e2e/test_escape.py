"""A hostile function cannot get out: it tries what is known, from inside, and each attempt must fail."""

import json
import os
import secrets
import socket

import pytest

from support import processes
from support.packages import function

SERVICE = "s"
NOT_THERE = {"ENOENT", "ENOTDIR", "EACCES", "EPERM", "ENXIO", "EROFS", "ELOOP", "EXDEV"}


def try_everything(house, service=None, places=(), **options):
    """The report of fn/escape.py, run beside another function and an open abstract socket. It connects to
    `places` as well."""
    server = house.start(**options)
    fc = server.client()
    fc.make_service(SERVICE, **(service or {}))
    fc.make(SERVICE, "neighbour", "def handler(event, context):\n    return 'secret of the neighbour'\n")
    assert fc.invoke(SERVICE, "neighbour").status == 200
    fc.make(SERVICE, "hostile", function("escape"), memorySize=512, timeout=60)
    name = "mayfly-test-" + secrets.token_hex(4)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0" + name)
        listener.listen()
        event = {
            "api_port": server.port,
            "abstract": name,
            "data": str(server.data),
            "places": places,
            "host_pids": [os.getpid(), server.pid, server.launcher(), *server.workers()],
        }
        report = json.loads(fc.invoke(SERVICE, "hostile", json.dumps(event)).result)
    fc.close()
    return server, report


@pytest.fixture(scope="module", params=["zygote", "exec"])
def tried(house, request):
    arguments = ["--exec-only"] if request.param == "exec" else []
    server, report = try_everything(house, name=request.param, arguments=arguments)
    yield server, report
    assert server.stop() == 0
    house.expect_nothing_left(server)


@pytest.fixture
def report(tried):
    return tried[1]


def offenders(attempts, allowed):
    assert attempts
    return {name: outcome for name, outcome in attempts.items() if outcome not in allowed}


def test_no_call_to_the_kernel_that_could_help(report):
    assert not offenders(report["kernel"], {"EPERM", "ENOSYS"})
    for name in ("clone3", "a call newer than the policy"):  # so that libraries fall back to what they know
        assert report["kernel"][name] == "ENOSYS"


def test_terminal_injection_is_seen_through_high_bits(report):
    found = {name: outcome for name, outcome in report["kernel"].items() if name.startswith("ioctl")}
    assert len(found) == 5 and set(found.values()) == {"EPERM"}, found


def test_the_32_bit_table_of_calls_is_closed(report):
    assert report["32-bit call"] in ("SIGSYS", "SIGSEGV")  # the latter where the kernel has no such table


def test_nobody_outside_can_be_reached(report):
    assert not offenders(report["network"], {"ECONNREFUSED", "ENETUNREACH", "EPERM", "ENOENT"})
    assert report["standing"]["interfaces"] == ["lo"]


def test_no_file_of_the_host_nor_of_others(report):
    assert not offenders(report["files"], NOT_THERE)


def test_no_process_but_its_own(report):
    assert not offenders(report["processes"], {"ESRCH"})
    assert report["standing"]["pids"] == [1]


def test_what_it_is_born_with(report):
    standing = report["standing"]
    assert standing["capabilities"] == [0] * 5
    assert (standing["no_new_privs"], standing["seccomp"]) == ("1", "2")
    assert standing["hostname"] == "mayfly"
    fds = standing["descriptors"]
    assert {fd: fds.pop(fd) for fd in "01234"} == {"0": "/dev/null", **dict.fromkeys("1234", "pipe")}
    assert all(what.startswith("/proc/") for what in fds.values()), fds  # the folder it looked into
    links = {"bin", "lib", "lib32", "lib64", "sbin"}
    assert set(standing["root"]) == {"code", "dev", "etc", "opt", "proc", "rt", "tmp", "usr"} | links
    streams = {"fd", "stdin", "stdout", "stderr", "shm"}
    assert set(standing["dev"]) == {"null", "zero", "full", "random", "urandom"} | streams


def test_outside_it_is_a_user_without_a_name(tried):
    server, _ = tried
    for pid in server.workers():
        uid = os.stat(f"/proc/{pid}").st_uid
        assert uid >= 100_000, (pid, uid)


def test_the_server_is_as_it_was(tried):
    server, _ = tried
    fc = server.client()
    assert fc.invoke(SERVICE, "neighbour").result == b"secret of the neighbour"
    fc.close()
    assert processes.name(server.launcher()) == "mayfly-launch"
