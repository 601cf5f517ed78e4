"""How the server starts and ends: drains, refuses what it must with a remedy, and does without root."""

import contextlib
import http.client
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading

import pytest

from support import processes
from support.packages import function
from support.server import PROGRAMS
from support.waiting import wait_until

SERVICE = "s"
NOBODY = 65534


def bad_start(*arguments, environment=None, prefix=()):
    """What a server that must not start says on its way out."""
    done = subprocess.run(
        [*prefix, PROGRAMS / "mayfly", "serve", *map(str, arguments)],
        env={"PATH": os.environ["PATH"], **(environment or {})},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("mayfly: "), done.stderr
    assert "ready" not in done.stdout
    return done.stderr


def call_in_background(server, milliseconds):
    """A call under way; the list gets its answer."""
    client, answers = server.client(), []

    def call():
        with contextlib.suppress(http.client.HTTPException, OSError):  # cut off: then there is no answer
            answers.append(client.invoke(SERVICE, "slow", str(milliseconds)))
        client.close()

    thread = threading.Thread(target=call)
    thread.start()
    wait_until(lambda: "calls open 1 " in server.health(), "the call runs")
    return thread, answers


@pytest.fixture
def running(house, request):
    server = house.start(request.node.name)
    client = server.client()
    client.make_service(SERVICE)
    client.make(SERVICE, "slow", function("slow"), timeout=60)
    client.close()
    return server


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["term", "int"])
def test_a_running_call_is_answered_before_the_server_ends(house, running, number):
    thread, answers = call_in_background(running, 1500)
    running.process.send_signal(number)
    wait_until(lambda: refuses(running.port), "no new connection is taken")
    assert running.process.poll() is None
    assert running.process.wait(20) == 0
    thread.join()
    assert answers[0].result == b"ended"
    house.expect_nothing_left(running)


def refuses(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_second_signal_ends_it_at_once(house, running):
    thread, answers = call_in_background(running, 50_000)
    running.process.send_signal(signal.SIGTERM)
    wait_until(lambda: refuses(running.port), "it drains")
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(10) == 2
    thread.join()
    assert not answers
    house.expect_nothing_left(running)


def test_what_was_made_is_there_after_a_restart(house, running):
    assert running.stop() == 0
    again = house.start(running.data.name)
    client = again.client()
    assert client.invoke(SERVICE, "slow", "1").result == b"ended"
    client.close()


def test_a_second_server_on_the_same_folder_is_refused(running):
    said = bad_start("--data", running.data, "--listen", "127.0.0.1:0")
    assert "another server" in said and str(running.data) in said and "--data" in said
    assert running.client().send("GET", "/version").status == 200


def test_a_taken_port_is_refused_with_a_remedy(house, running):
    said = bad_start("--data", house.data("taken"), "--listen", f"127.0.0.1:{running.port}")
    assert f"127.0.0.1:{running.port}" in said and "--listen" in said


def test_a_listen_that_is_none(house):
    for listen in ("nonsense", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:http", "127.0.0.256:0"):
        assert listen.split(":")[0] in bad_start("--data", house.data("listen"), "--listen", listen)


def test_beyond_this_machine_only_with_a_credential_of_ones_own(house):
    said = bad_start("--data", house.data("open"), "--listen", "0.0.0.0:0")
    assert "MAYFLY_ACCESS_KEY_ID" in said and "127.0.0.1" in said
    half = bad_start("--data", house.data("open"), environment={"MAYFLY_ACCESS_KEY_ID": "me"})
    assert "MAYFLY_ACCESS_KEY_SECRET" in half
    own = {"MAYFLY_ACCESS_KEY_ID": "me", "MAYFLY_ACCESS_KEY_SECRET": "my own secret"}
    server = house.start("open", arguments=["--listen", "0.0.0.0:0"], environment=own)
    assert "my own secret" not in server.output()
    assert not (server.data / "credentials.json").exists()  # none was made behind anybody's back
    assert server.stop() == 0


def test_a_credential_that_is_made_is_kept_to_oneself(running):
    assert (running.data / "credentials.json").stat().st_mode & 0o777 == 0o600
    assert running.output().count(running.key().secret) == 1


def test_a_folder_that_cannot_be_written(house):
    for place in ("/proc/mayfly", "/dev/null/mayfly"):
        assert place in bad_start("--data", place, "--listen", "127.0.0.1:0")


def test_a_damaged_credential_file_is_named(house):
    data = house.data("damaged")
    data.mkdir()
    (data / "credentials.json").write_text("{")
    assert "credentials.json" in bad_start("--data", data, "--listen", "127.0.0.1:0")


def test_without_its_launcher_it_says_where_that_belongs(house):
    alone = house.data("alone")
    alone.mkdir()
    shutil.copy(PROGRAMS / "mayfly", alone)
    done = subprocess.run(
        [alone / "mayfly", "serve", "--data", house.data("alone-data"), "--listen", "127.0.0.1:0"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1 and "mayfly-launch" in done.stderr


@pytest.fixture(scope="module")
def for_everyone(house):
    """The programs where a user without rights can read them, and a folder for their data."""
    programs = house.folder / "programs"
    programs.mkdir()
    for name in ("mayfly", "mayfly-launch"):
        shutil.copy(PROGRAMS / name, programs)
    shutil.copytree(PROGRAMS / "runtimes", programs / "runtimes", ignore=shutil.ignore_patterns("CMake*", "*.cmake"))
    for folder in [house.folder, programs, *programs.rglob("*")]:
        folder.chmod(0o755)
    data = house.folder / "nobody"
    data.mkdir()
    os.chown(data, NOBODY, NOBODY)
    return programs, data


@pytest.mark.skipif(os.geteuid() != 0, reason="already without root")
def test_without_root_it_starts_weaker_and_functions_work(house, for_everyone):
    programs, data = for_everyone
    prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    if subprocess.run([*prefix, "unshare", "--user", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this host gives users without rights no user namespaces, as in every chroot")
    server = house.start(f"{data.name}/data", programs=programs, prefix=prefix)
    assert "Sandbox     weaker" in server.output() and "not root" in server.output()
    assert "weaker" in server.health()
    client = server.client()
    client.make_service(SERVICE)
    code = "import os\ndef handler(event, context):\n    return f'{os.getpid()} {sorted(os.listdir(\"/code\"))}'\n"
    client.make(SERVICE, "plain", code)
    assert client.invoke(SERVICE, "plain").result == b"1 ['index.py']"
    client.make(SERVICE, "endless", "def handler(event, context):\n    while True: pass\n", timeout=1)
    assert "timed out" in client.invoke(SERVICE, "endless").failure["errorMessage"]
    client.make(SERVICE, "places", function("write_anywhere"))
    assert "written" not in client.invoke(SERVICE, "places").json.values()
    assert all(os.stat(f"/proc/{pid}").st_uid == NOBODY for pid in server.processes())
    client.close()
    assert server.stop() == 0
    house.expect_nothing_left(server)


def test_nothing_of_it_stays_behind(house, running):
    seen = running.processes()
    assert len(seen) >= 4 and processes.name(running.launcher()) == "mayfly-launch"
    assert running.stop() == 0
    assert not [pid for pid in seen if pathlib.Path(f"/proc/{pid}").exists()]
    house.expect_nothing_left(running)
