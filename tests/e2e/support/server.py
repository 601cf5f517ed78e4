"""The built server as a process: started on a free port and a folder of its own, looked at, ended."""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from . import processes
from .client import Client, Key
from .waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = pathlib.Path(os.environ.get("MAYFLY_PROGRAMS", ROOT / "build" / "release"))
CGROUPS = pathlib.Path("/sys/fs/cgroup")


class Server:
    """One run of `mayfly serve`. `data` outlives it, so that another can be started on it."""

    def __init__(self, data, programs=PROGRAMS, arguments=(), environment=None, prefix=(), seconds=30.0):
        self.data = pathlib.Path(data)
        self.log = self.data.parent / f"{self.data.name}.log"
        self._ready = self.data.parent / f"{self.data.name}.ready.json"
        self._ready.unlink(missing_ok=True)
        command = [*prefix, programs / "mayfly", "serve", "--data", self.data]
        if "--listen" not in arguments:
            command += ["--listen", "127.0.0.1:0"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*map(str, command), "--ready-file", str(self._ready), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"], **(environment or {})},
            )
        try:
            wait_until(self._is_up, "the server is ready", seconds, every=0.002)
        except AssertionError as never:
            self.kill()  # nobody else knows it yet
            raise AssertionError(f"{never}\n{self.output()}") from None
        urls = json.loads(self._ready.read_text())
        self.url, self.objects = urls["api"], urls["objects"]

    def _is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.output()}")
        return self._ready.exists() and "\nready " in self.output()

    @property
    def pid(self):
        return self.process.pid

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def output(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def key(self):
        kept = json.loads((self.data / "credentials.json").read_text())
        return Key(kept["accessKeyId"], kept["accessKeySecret"], kept["accountId"])

    def client(self, **options):
        return Client(self.url, self.key(), **options)

    def processes(self):
        """The server and all that it started, whatever became their parent since."""
        return {self.pid} | processes.descendants(self.pid)

    def launcher(self):
        return next(pid for pid in processes.children(self.pid) if processes.name(pid) == "mayfly-launch")

    def workers(self):
        """Sandboxed processes that have a function."""
        return {pid for pid in self.sandboxed() if processes.has_mount(pid, "/code")}

    def parked(self):
        """Sandboxed processes that wait for a function."""
        return self.sandboxed() - self.workers()

    def sandboxed(self):
        """Children of the launcher with a pid namespace of their own."""
        launcher = self.launcher()
        own = os.readlink(f"/proc/{launcher}/ns/pid")
        found = set()
        for pid in processes.children(launcher):
            try:
                if os.readlink(f"/proc/{pid}/ns/pid") != own:
                    found.add(pid)
            except (FileNotFoundError, ProcessLookupError):
                continue
        return found

    def wait_for_parked(self, language):
        wait_until(lambda: f" {language} 0" not in self.health().split("parked")[1].split("\n")[0], "one is parked")

    def health(self):
        """/readyz?verbose: what the server says of itself."""
        client = self.client()
        text = client.send("GET", "/readyz", query="verbose").body.decode()
        client.close()
        return text

    def cgroups(self):
        """Control groups of this server, in all hierarchies."""
        key = hashlib.sha256(str(self.data.resolve()).encode()).hexdigest()[:12]
        found = []
        for hierarchy in CGROUPS.iterdir():
            for group, _, _ in os.walk(hierarchy / "mayfly" / key):  # nothing where it does not exist
                found.append(group)
        return found

    def stop(self, seconds=40.0):
        """SIGTERM. Returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self):
        """SIGKILL, to this process only."""
        self.process.kill()
        self.process.wait()


class House:
    """The servers of one test run and their folders. Whatever they leave behind is noticed here."""

    def __init__(self, besides=()):
        """`besides`: children of ours that are no servers."""
        self._besides = set(besides)
        processes.become_subreaper()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mayfly-test-"))
        self.folder.chmod(0o755)
        self._servers = []
        self._mounts = processes.mounts(os.getpid())

    def data(self, name):
        return self.folder / name

    def start(self, name="data", **options):
        server = Server(self.data(name), **options)
        self._servers.append(server)
        return server

    def orphans(self):
        """Children we did not start: processes whose server is gone. The dead among them are reaped."""
        ours = {server.pid for server in self._servers} | self._besides
        return {pid for pid in processes.children(os.getpid()) - ours if not processes.reap(pid)}

    def left_behind(self, server):
        """What a server that has ended still holds; empty if all is well."""
        found = [f"process {pid} {processes.name(pid)}" for pid in self.orphans()]
        found += [f"control group {group}" for group in server.cgroups()]
        if processes.mounts(os.getpid()) != self._mounts:
            found.append("a mount")
        return found

    def expect_nothing_left(self, server, seconds=10.0):
        found = []

        def is_clean():
            found[:] = self.left_behind(server)
            return not found

        try:
            wait_until(is_clean, "nothing is left", seconds, every=0.005)
        except AssertionError:
            raise AssertionError(f"{seconds} s after its end the server left: {found}") from None

    def close(self):
        """Ends what still runs, removes the folder; fails if something stays, or a sanitizer found something."""
        for server in self._servers:
            server.stop()
        try:
            for server in self._servers:
                self.expect_nothing_left(server)
                assert "Sanitizer: " not in server.output(), server.output()
        finally:
            shutil.rmtree(self.folder)
