"""An internet for one test module: network namespaces of its own, a far side that serves, a name server.

    the server's side (this thread and what it starts)          the far side (a process)
    lo    10.9.0.1, a private address of its own                11.0.0.2  "public": HTTP, HTTPS, UDP
    far0  11.0.0.1, a "public" one of its own  ───────veth────  10.8.0.2  private: HTTP, the name server
                                                                169.254.169.254  "metadata": HTTP
"""

import contextlib
import ctypes
import os
import pathlib
import socket
import subprocess
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET, CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x40000000, 0x00020000, 4096, 16384, 1 << 18
PUBLIC, PRIVATE, METADATA = "11.0.0.2", "10.8.0.2", "169.254.169.254"
MOVING = "11.0.0.9"  # far at first, until a test takes it
OWN_PUBLIC, OWN_PRIVATE = "11.0.0.1", "10.9.0.1"
FAR_SIDE = pathlib.Path(__file__).with_name("far_side.py")


def check(done):
    if done != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def name_server_is(address, folder):
    """What the machine's /etc/resolv.conf says, here only."""
    (folder / "resolv.conf").write_text(f"nameserver {address}\n")


def connect_sides(far):
    """Both ends of a cable, with their addresses."""
    ip("link", "set", "lo", "up")
    ip("addr", "add", f"{OWN_PRIVATE}/32", "dev", "lo")
    ip("link", "add", "far0", "type", "veth", "peer", "name", "near0", "netns", str(far.pid))
    ip("addr", "add", f"{OWN_PUBLIC}/24", "dev", "far0")
    ip("link", "set", "far0", "up")
    ip("route", "add", "default", "via", PUBLIC)
    for words in (
        ["link", "set", "lo", "up"],
        ["addr", "add", f"{PUBLIC}/24", "dev", "near0"],
        ["addr", "add", f"{MOVING}/32", "dev", "near0"],
        ["addr", "add", f"{PRIVATE}/32", "dev", "near0"],
        ["addr", "add", f"{METADATA}/32", "dev", "near0"],
        ["link", "set", "near0", "up"],
    ):
        subprocess.run(["nsenter", f"--net=/proc/{far.pid}/ns/net", "ip", *words], check=True)


@contextlib.contextmanager
def listening(address):
    """A port of this machine where connections are taken."""
    with socket.create_server((address, 0)) as server:
        yield server.getsockname()[1]


@contextlib.contextmanager
def name_server(address):
    """One of this machine's own, which says another thing of far.example: 127.0.0.1."""
    near = subprocess.Popen([sys.executable, FAR_SIDE, "names", address], stdout=subprocess.PIPE, text=True)
    try:
        assert near.stdout.readline() == "ready\n"
        yield
    finally:
        near.kill()
        near.wait()


@contextlib.contextmanager
def internet(folder):
    """This thread lives there until the end, and whatever it starts."""
    folder = pathlib.Path(folder)
    before = [os.open(f"/proc/thread-self/ns/{kind}", os.O_RDONLY) for kind in ("net", "mnt")]
    check(LIBC.unshare(CLONE_NEWNET | CLONE_NEWNS))
    check(LIBC.mount(None, b"/", None, MS_REC | MS_PRIVATE, None))
    name_server_is(PRIVATE, folder)
    check(LIBC.mount(str(folder / "resolv.conf").encode(), b"/etc/resolv.conf", None, MS_BIND, None))
    command = ["unshare", "--net", sys.executable, str(FAR_SIDE), str(folder)]
    far = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert far.stdout.readline() == "here\n"
        connect_sides(far)
        far.stdin.write("connected\n")
        far.stdin.flush()
        assert far.stdout.readline() == "ready\n"
        yield far
    finally:
        far.kill()
        far.wait()
        for kind, fd in zip((CLONE_NEWNET, CLONE_NEWNS), before):
            check(LIBC.setns(fd, kind))
            os.close(fd)
