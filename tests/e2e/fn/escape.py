"""Tries to get out of its sandbox in every way we know, and reports how each attempt ended.

An attempt answers the name of the error it met ("EPERM"), or "succeeded" and what it got. The event is
JSON: {"api_port": n, "abstract": name of a Unix socket of the host, "data": folder, "host_pids": [...]}.
"""

import ctypes
import errno
import json
import mmap
import os
import signal
import socket

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.restype = ctypes.c_long
BUFFER = ctypes.create_string_buffer(128)

# Name, x86-64 number, arguments.
CALLS = [
    ("ptrace attach", 101, 16, 1, None, None),
    ("ptrace seize", 101, 0x4206, 1, None, None),
    ("process_vm_readv", 310, 1, None, 0, None, 0, 0),
    ("pidfd_getfd", 438, 0, 0, 0),
    ("mount tmpfs", 165, b"none", b"/tmp", b"tmpfs", 0, None),
    ("mount bind", 165, b"/usr", b"/tmp", None, 4096, None),
    ("remount code writable", 165, None, b"/code", None, 32 | 4096, None),
    ("umount code", 166, b"/code", 2),
    ("pivot_root", 155, b"/tmp", b"/tmp"),
    ("chroot", 161, b"/tmp"),
    ("open_tree", 428, -100, b"/", 1),
    ("move_mount", 429, -100, b"/tmp", -100, b"/code", 0),
    ("fsopen", 430, b"tmpfs", 0),
    ("mount_setattr", 442, -100, b"/code", 0, BUFFER, 32),
    ("open_by_handle_at", 304, -100, BUFFER, 0),
    ("unshare user", 272, 0x10000000),
    ("unshare net", 272, 0x40000000),
    ("setns", 308, 0, 0),
    ("clone3", 435, BUFFER, 88),
    ("setuid", 105, 1000),
    ("setgid", 106, 1000),
    ("setgroups", 116, 0, None),
    ("setresuid", 117, 1000, 1000, 1000),
    ("capset", 126, BUFFER, BUFFER),
    ("sethostname", 170, b"x", 1),
    ("setdomainname", 171, b"x", 1),
    ("bpf", 321, 5, BUFFER, 128),
    ("keyctl", 250, 0, -3, 1),
    ("add_key", 248, b"user", b"a", b"b", 1, -3),
    ("perf_event_open", 298, BUFFER, 0, -1, -1, 0),
    ("io_uring_setup", 425, 8, BUFFER),
    ("userfaultfd", 323, 0),
    ("memfd_secret", 447, 0),
    ("init_module", 175, BUFFER, 1, b""),
    ("finit_module", 313, 0, b"", 0),
    ("kexec_load", 246, 0, 0, None, 0),
    ("reboot", 169, 0xFEE1DEAD, 672274793, 0),
    ("personality", 135, 0x0040000),
    ("syslog", 103, 3, BUFFER, 128),
    ("swapon", 167, b"/tmp/x", 0),
    ("iopl", 172, 3),
    ("quotactl", 179, 0, None, 0, None),
    ("settimeofday", 164, BUFFER, None),
    ("acct", 163, b"/tmp/x"),
    ("modify_ldt", 154, 1, BUFFER, 16),
    ("sync", 162),
    ("mknod device", 133, b"/tmp/mem", 0o020666, 0x101),
    ("a call newer than the policy", 480),
    ("ioctl TIOCSTI", 16, 0, 0x5412, b"x"),
    ("ioctl TIOCSTI by high bits", 16, 0, 0x1_0000_5412, b"x"),
    ("ioctl TIOCSTI by all high bits", 16, 0, -0x1_0000_0000 + 0x5412, b"x"),
    ("ioctl TIOCLINUX", 16, 0, 0x541C, b"x"),
    ("ioctl TIOCLINUX by high bits", 16, 0, 0x1_0000_541C, b"x"),
    ("socket netlink generic", 41, 16, 3, 16),
    ("socket netlink audit", 41, 16, 3, 9),
    ("socket netlink netfilter", 41, 16, 3, 12),
    ("socket netlink sock_diag", 41, 16, 3, 4),
    ("socket netlink audit by high bits", 41, 0x1_0000_0010, 3, 0x1_0000_0009),
    ("socket packet by high bits", 41, 0x1_0000_0011, 3, 0),
]
NEW_NAMESPACES = {
    "time": 0x80,
    "mount": 0x20000,
    "cgroup": 0x02000000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
SOCKETS = {"packet": 17, "alg": 38, "vsock": 40, "xdp": 44, "bluetooth": 31, "can": 29, "tipc": 30}
HOST_FILES = (
    "/etc/shadow /root /home /var /boot /run /mnt /srv /sys /sys/fs/cgroup /dev/mem /dev/kmem /dev/sda /dev/vda "
    "/dev/kvm /dev/tty /dev/pts /dev/net/tun /proc/kcore /proc/kallsyms /proc/cmdline /proc/keys /proc/sys "
    "/proc/sysrq-trigger /proc/1/root/etc/shadow /proc/self/cwd/../etc/shadow /proc/self/root/root"
).split()
WRITES = {
    "/proc/self/uid_map": "0 0 1",
    "/proc/self/gid_map": "0 0 1",
    "/proc/self/setgroups": "allow",
    "/proc/self/oom_score_adj": "-1000",
    "/proc/sysrq-trigger": "b",
    "/proc/sys/kernel/core_pattern": "|/tmp/x",
    "/proc/1/mem": "x",
    "/rt/python/shim.py": "x",
    "/rt/new": "x",
    "/code/index.py": "x",
    "/code/new": "x",
    "/usr/bin/python3": "x",
    "/usr/lib/new": "x",
    "/etc/passwd": "x",
    "/new": "x",
    "/dev/new": "x",
}


def outcome(attempt, *arguments):
    try:
        value = attempt(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
    return f"succeeded: {value!r}"[:300]


def call(number, *arguments):
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    ctypes.set_errno(0)
    result = LIBC.syscall(ctypes.c_long(number), *wide)
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result


def clone_with(flags):
    if (pid := call(56, flags | signal.SIGCHLD, None, None, None, None)) == 0:
        os._exit(0)
    return pid


def call_of_32_bits():
    """int 0x80 leads to the kernel by another table of numbers: there 20 is getpid, in the policy's writev."""
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov eax, 20; int 0x80; ret
    return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()


def signal_that_ends(attempt):
    """The attempt is made by a child: the name of the signal that ended it, or 'lived'."""
    pid = os.fork()
    if pid == 0:
        attempt()
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    return signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "lived"


def look(path):
    if os.path.isdir(path):
        return os.listdir(path)
    with open(path, "rb") as file:
        return file.read(64)


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(2)
        s.connect(address)


def open_socket(family, kind):
    socket.socket(family, kind).close()


def kernel():
    found = {name: outcome(call, number, *arguments) for name, number, *arguments in CALLS}
    for name, flag in NEW_NAMESPACES.items():
        found[f"clone into a new {name} namespace"] = outcome(clone_with, flag)
        found[f"unshare the {name} namespace"] = outcome(call, 272, flag)
    for name, family in SOCKETS.items():
        for kind in (socket.SOCK_RAW, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
            found[f"socket {name} {kind.name}"] = outcome(open_socket, family, kind)
    found["raw socket"] = outcome(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close())
    return found


def network(event):
    return {
        "the API of the host": outcome(connect, socket.AF_INET, ("127.0.0.1", event["api_port"])),
        "an abstract socket of the host": outcome(connect, socket.AF_UNIX, "\0" + event["abstract"]),
        "a metadata service": outcome(connect, socket.AF_INET, ("100.100.100.200", 80)),
        "the internet": outcome(connect, socket.AF_INET, ("1.1.1.1", 53)),
        **{f"{place}": outcome(connect, socket.AF_INET, tuple(place)) for place in event["places"]},
    }


def files(event):
    data = event["data"]
    secrets = [*HOST_FILES, data, data + "/credentials.json", data + "/code", data + "/meta.db"]
    found = {f"read {path}": outcome(look, path) for path in secrets}
    found.update({f"write {path}": outcome(write, path, text) for path, text in WRITES.items()})
    found["chmod code"] = outcome(os.chmod, "/code/index.py", 0o777)
    found["rename code"] = outcome(os.rename, "/code/index.py", "/tmp/index.py")
    found["link a file of the system"] = outcome(os.link, "/usr/bin/python3.11", "/tmp/python")
    os.symlink("/etc/shadow", "/tmp/link")
    found["read by link"] = outcome(look, "/tmp/link")
    return found


def processes(event):
    found = {f"signal the host's pid {pid}": outcome(os.kill, pid, 0) for pid in event["host_pids"]}
    found["signal all others"] = outcome(os.kill, -1, 0)
    return found


def descriptors():
    """What each open one is; the folder itself is open while it is read."""
    found = {}
    for fd in os.listdir("/proc/self/fd"):
        try:
            found[fd] = os.readlink(f"/proc/self/fd/{fd}").split(":")[0]
        except FileNotFoundError:
            pass
    return found


def interfaces():
    with open("/proc/self/net/dev") as file:
        return [line.split(":")[0].strip() for line in file if ":" in line]


def standing():
    with open("/proc/self/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    return {
        "pids": [int(name) for name in os.listdir("/proc") if name.isdigit()],
        "capabilities": [int(status[f"Cap{kind}"], 16) for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")],
        "no_new_privs": status["NoNewPrivs"],
        "seccomp": status["Seccomp"],
        "descriptors": descriptors(),
        "hostname": os.uname().nodename,
        "root": sorted(os.listdir("/")),
        "dev": sorted(os.listdir("/dev")),
        "interfaces": interfaces(),
    }


def handler(event, context):
    event = json.loads(event)
    return json.dumps(
        {
            "standing": standing(),
            "kernel": kernel(),
            "32-bit call": signal_that_ends(call_of_32_bits),
            "network": network(event),
            "files": files(event),
            "processes": processes(event),
        }
    )
