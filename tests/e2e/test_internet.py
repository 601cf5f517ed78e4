"""Functions with internetAccess reach what is public, at the first line of their code, and nothing else."""

import hashlib
import json
import os
import pathlib
import signal
import subprocess
import urllib.request

import pytest

import test_escape
from support import java, processes
from support.cli import Cli
from support.internet import METADATA, MOVING, OWN_PRIVATE, OWN_PUBLIC, PRIVATE, PUBLIC
from support.internet import internet, listening, name_server, name_server_is
from support.packages import FUNCTIONS, zip_of
from support.server import House
from support.waiting import wait_until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces of one's own need root")
ROLE = "acs:ram::1000000000000001:role/worker"
PAGE = f"http://{PUBLIC}/"
SAID = f"{OWN_PUBLIC} asks {PUBLIC}"
GATEWAY, SANDBOX, NAME_SERVER = "192.0.0.1", "192.0.0.2", "192.0.0.3"
AT_THE_FIRST_LINE = f"""import urllib.request
PAGE = urllib.request.urlopen('{PAGE}').read()
def handler(event, context):
    return PAGE
"""
AT_ONCE = 1.0  # seconds; a connect that nobody answers takes minutes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("internet")


@pytest.fixture(scope="module")
def far(folder):
    with internet(folder) as far:
        yield far


@pytest.fixture(scope="module")
def house(far):
    house = House(besides={far.pid})
    yield house
    house.close()


@pytest.fixture(scope="module")
def server(house):
    return house.start()


@pytest.fixture(scope="module")
def python(folder):
    return zip_of({"index.py": (FUNCTIONS / "internet.py").read_text(), "far.pem": (folder / "far.pem").read_text()})


@pytest.fixture(scope="module")
def client(server, python):
    client = server.client()
    client.make_service("out", internetAccess=True)
    client.make("out", "python", python, timeout=60, memorySize=512)
    client.make("out", "fresh", python, timeout=60, memorySize=512, isolation="strict")
    client.make_service("roled", internetAccess=True, role=ROLE)
    client.make("roled", "python", python, timeout=60)
    client.make_service("plain")
    client.make("plain", "python", python, timeout=60)
    yield client
    client.close()


def ask(client, service="out", function="python", **wanted):
    return json.loads(client.invoke(service, function, json.dumps(wanted)).result)


def relays(server):
    launcher = server.launcher()
    return [pid for pid in processes.children(launcher) if processes.name(pid) == "mayfly-net"]


@pytest.mark.parametrize("function", ["python", "fresh"])
def test_python_reaches_a_public_page_by_address_and_by_name(client, function):
    url = "http://far.example/"
    out = ask(client, function=function, fetch=[PAGE, url], tls="https://far.example/x", standing=True)
    assert out[PAGE][0] == SAID and out[url][0] == f"{OWN_PUBLIC} asks far.example", out
    assert out["tls"] == f"{OWN_PUBLIC} asks far.example"
    assert out["interfaces"] == ["internet", "lo"]
    assert out["authorities"] > 50  # the host's, for pages of others


def test_node_reaches_it(client, folder):
    files = {"index.js": (FUNCTIONS / "internet.js").read_text(), "far.pem": (folder / "far.pem").read_text()}
    client.make("out", "node", zip_of(files), runtime="nodejs20", timeout=30)
    name = "https://far.example/"
    event = {"fetch": [PAGE, name, f"http://{METADATA}/"], "names": ["far.example"]}
    out = json.loads(client.invoke("out", "node", json.dumps(event)).result)
    assert out[PAGE] == SAID
    assert out[name] == f"{OWN_PUBLIC} asks far.example"
    assert out[f"http://{METADATA}/"] == "EHOSTUNREACH"
    assert out["far.example"] == f"{PUBLIC} {PUBLIC}"


def test_java_reaches_it(client):
    classes = java.function("Internet.java")
    client.make("out", "java", zip_of(classes), runtime="java17", handler="Internet::handleRequest", memorySize=512, timeout=30)
    event = f"{PAGE}\nhttp://{METADATA}/\nfar.example"
    assert client.invoke("out", "java", event).result.decode().split("\n") == [SAID, "ConnectException", PUBLIC, ""]


def test_a_custom_runtime_reaches_it(client):
    program = """#!/usr/bin/env python3
import http.server, os, urllib.request
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        url = self.rfile.read(int(self.headers['Content-Length'])).decode()
        body = urllib.request.urlopen(url, timeout=20).read()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
FIRST = urllib.request.urlopen('PAGE', timeout=20).read()  # before it serves
http.server.HTTPServer(('127.0.0.1', int(os.environ['FC_SERVER_PORT'])), Handler).serve_forever()
"""
    client.make("out", "custom", {"bootstrap": program.replace("PAGE", PAGE)}, runtime="custom", memorySize=256, timeout=30)
    assert client.invoke("out", "custom", PAGE).result.decode() == SAID


def test_it_is_there_at_the_first_line(client):
    """Each of 20 fresh workers opens a connection while its module is loaded."""
    client.make("out", "first", AT_THE_FIRST_LINE, timeout=30, instanceIsolationMode="REQUEST_EXCLUSIVE")
    for _ in range(20):
        assert client.invoke("out", "first").result.decode() == SAID


@pytest.mark.parametrize(
    ("way", "arguments", "origin"),
    [
        ("forked", ["--park", "0"], "forked"),
        ("executed", ["--park", "0", "--exec-only"], "executed"),
        ("empty", ["--exec-only"], "executed"),
    ],
)
def test_it_is_there_whatever_way_a_worker_comes(house, way, arguments, origin):
    """Forked, by plain exec, by exec in a sandbox that was parked empty; the server is killed then."""
    server = house.start(way, arguments=arguments)
    fc = server.client()
    fc.make_service("out", internetAccess=True)
    fc.make("out", "python", AT_THE_FIRST_LINE, timeout=30)
    files = {"index.js": (FUNCTIONS / "internet.js").read_text()}
    fc.make("out", "node", zip_of(files), runtime="nodejs20", timeout=30)
    if way == "empty":
        server.wait_for_parked("custom")
    answer = fc.invoke("out", "python")
    assert answer.result.decode() == SAID
    call = fc.send("GET", f"/mayfly/v1/calls/{answer.headers['X-Fc-Request-Id']}").json
    assert call["course"]["origin"] == origin
    event = json.dumps({"fetch": [PAGE], "names": ["far.example"]})
    assert json.loads(fc.invoke("out", "node", event).result)[PAGE] == SAID
    assert len(relays(server)) == 1
    fc.close()
    server.kill()
    house.expect_nothing_left(server)


def test_what_is_not_public_is_refused_at_once(client, server):
    with listening(OWN_PRIVATE) as port:
        refused = [(PRIVATE, 80), (METADATA, 80), (OWN_PUBLIC, port), (OWN_PRIVATE, port), (GATEWAY, 80)]
        refused += [(NAME_SERVER, 80), ("10.0.0.1", 80), ("192.168.1.1", 443), ("100.100.100.200", 80), ("255.255.255.255", 9)]
        out = ask(client, reach=[*refused, ("127.0.0.1", server.port), ("127.0.0.1", 7400), (SANDBOX, 9000)])
    for address, port in refused:
        what, seconds = out[f"{address}:{port}"]
        assert (what in ("EHOSTUNREACH", "ENETUNREACH", "EACCES")) and seconds < AT_ONCE, (address, out)
    for own in (f"127.0.0.1:{server.port}", "127.0.0.1:7400", f"{SANDBOX}:9000"):  # its own, where nobody listens
        assert out[own][0] == "ECONNREFUSED", out
    out = ask(client, udp=[(PRIVATE, 53, "x"), (METADATA, 9, "x")], fetch=["http://inside.example/", "http://host.example/"])
    for what, seconds in out.values():  # a name that leads inside is no way in
        assert what == "EHOSTUNREACH" and seconds < AT_ONCE, out


def test_a_port_where_nobody_listens_is_refused_by_its_host(client):
    what, seconds = ask(client, reach=[(PUBLIC, 81)])[f"{PUBLIC}:81"]
    assert what == "ECONNREFUSED" and seconds < AT_ONCE, (what, seconds)


def test_names_are_found_wherever_the_hosts_name_server_is(client, folder):
    """It may have a private address or a loopback one, which functions cannot reach themselves."""
    names = ["far.example", "unknown.example"]
    out = ask(client, names=names)
    assert out["far.example"][0] == PUBLIC and out["unknown.example"][0] == "gaierror", out
    with name_server("127.0.0.53"):
        name_server_is("127.0.0.53", folder)
        wait_until(lambda: ask(client, names=names)["far.example"][0] == "127.0.0.1", "the name server is another", every=0.2)
        name_server_is(PRIVATE, folder)
        wait_until(lambda: ask(client, names=names)["far.example"][0] == PUBLIC, "it is what it was", every=0.2)


def test_10_mb_come_and_go_whole(client):
    count = 10_000_000 // 251 * 251
    url = f"{PAGE}bytes/{count}"
    out = ask(client, sums=[url], post={"url": PAGE, "bytes": 10_000_000})
    assert out[url][0] == hashlib.sha256(bytes(range(251)) * (count // 251)).hexdigest()
    assert out["post"] is True


@pytest.mark.parametrize("size", [1, 1400, 9000, 40_000])
def test_datagrams_come_and_go(client, size):
    text = "".join(chr(97 + n % 26) for n in range(size))
    assert ask(client, udp=[(PUBLIC, 9, text)])[f"udp {PUBLIC}:9"][0] == text[::-1]


def test_the_platform_is_reached_beside_it(client):
    out = ask(client, service="roled", fetch=[PAGE], reach=[("127.0.0.1", 7400), ("127.0.0.1", 7401)])
    assert out[PAGE][0] == SAID
    assert out["127.0.0.1:7400"][0] == out["127.0.0.1:7401"][0] == "connected"


def test_without_it_nothing_is_reached(client):
    out = ask(client, service="plain", fetch=[PAGE], names=["far.example"], standing=True)
    assert out[PAGE][0] == "ENETUNREACH" and out[PAGE][1] < AT_ONCE
    assert out["far.example"][0] == "gaierror" and out["far.example"][1] < AT_ONCE
    assert out["interfaces"] == ["lo"]


def test_it_is_given_and_taken_by_changing_the_service(client, python):
    client.make_service("changing")
    client.make("changing", "python", python)
    for wanted, said in ((True, SAID), (False, "ENETUNREACH"), (True, SAID)):
        assert client.json("PUT", "services/changing", {"internetAccess": wanted}).json["internetAccess"] is wanted
        assert ask(client, service="changing", fetch=[PAGE])[PAGE][0] == said


def test_one_sandbox_cannot_take_all_connections(client, python):
    client.make("out", "greedy", python, timeout=60)
    held, met = ask(client, function="greedy", hold=(PUBLIC, 80, 400))["hold"]
    assert 115 <= held <= 128 and met == "EHOSTUNREACH", (held, met)
    assert ask(client, function="greedy", names=["far.example"])["far.example"][0] == PUBLIC
    assert ask(client, service="roled", fetch=[PAGE])[PAGE][0] == SAID


def test_mayfly_net_can_do_nothing_else(client, server):
    ask(client, fetch=[PAGE])
    (relay,) = relays(server)
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{relay}/status").read_text().splitlines())
    assert status["Uid"].split() == status["Gid"].split() == ["99999"] * 4
    assert not status["Groups"].split()
    assert all(int(status[name], 16) == 0 for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"))
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert pathlib.Path(f"/proc/{relay}/environ").read_bytes() == b""  # the server's secrets may be in its own


def test_mayfly_net_killed_is_said_and_started_again(client, server):
    ask(client, fetch=[PAGE])
    (relay,) = relays(server)
    caller = server.client()
    caller.invoke("out", "python", json.dumps({"wait": PAGE + "wait"}), later=True)
    waiting = f"{PAGE}waiting"
    wait_until(lambda: urllib.request.urlopen(waiting).read() != b"0", "the call is on the network")
    os.kill(relay, signal.SIGKILL)
    message = caller.end().failure["errorMessage"]
    assert "its way to the internet is lost: mayfly-net was ended by signal 9" in message, message
    caller.close()
    assert ask(client, fetch=[PAGE])[PAGE][0] == SAID
    assert "mayfly-net was ended by signal 9" in server.output()
    (again,) = relays(server)
    assert again != relay


def test_what_a_worker_held_is_given_back(client, server):
    (relay,) = relays(server)
    client.make("out", "once", "def handler(event, context):\n    return b''\n", instanceIsolationMode="REQUEST_EXCLUSIVE")
    client.invoke("out", "once")
    before = processes.open_files(relay)
    for _ in range(20):
        assert client.invoke("out", "once").result == b""
    wait_until(lambda: processes.open_files(relay) <= before, "no device stays open")


def test_what_the_operator_allows_is_reached_and_no_more(house, client, python):
    server = house.start("allowing", arguments=["--internet-allow", f"10.0.0.0/8,{OWN_PUBLIC},127.0.0.0/8"])
    fc = server.client()
    fc.make_service("out", internetAccess=True)
    fc.make("out", "python", python, timeout=30)
    with listening(OWN_PRIVATE) as private, listening(OWN_PUBLIC) as public:
        out = ask(fc, reach=[(PRIVATE, 80), (OWN_PRIVATE, private), (OWN_PUBLIC, public), (METADATA, 80)])
    assert [what for what, _ in out.values()] == ["connected", "EHOSTUNREACH", "connected", "EHOSTUNREACH"], out
    fc.close()
    assert server.stop() == 0
    house.expect_nothing_left(server)


def test_an_address_that_becomes_the_hosts_is_refused_from_then_on(client):
    """A public one that was another's a moment ago."""
    place = f"{MOVING}:80"
    assert ask(client, reach=[(MOVING, 80)])[place][0] == "connected"
    subprocess.run(["ip", "addr", "add", f"{MOVING}/32", "dev", "lo"], check=True)
    try:
        what, seconds = ask(client, reach=[(MOVING, 80)])[place]
        assert what == "EHOSTUNREACH" and seconds < AT_ONCE
    finally:
        subprocess.run(["ip", "addr", "del", f"{MOVING}/32", "dev", "lo"], check=True)
    assert ask(client, reach=[(MOVING, 80)])[place][0] == "connected"


def test_a_hostile_function_gets_no_further_with_it(house):
    with listening(OWN_PRIVATE) as port:
        places = [[OWN_PRIVATE, port], [OWN_PUBLIC, port], [PRIVATE, 80], [METADATA, 80]]
        server, report = test_escape.try_everything(house, {"internetAccess": True}, places, name="hostile")
    network = report["network"]
    assert {network.pop(f"{place}") for place in places} == {"EHOSTUNREACH"}
    network.pop("the internet")  # 1.1.1.1 is public
    assert not test_escape.offenders(network, {"ECONNREFUSED", "EHOSTUNREACH", "EPERM", "ENOENT"})
    assert sorted(report["standing"]["interfaces"]) == ["internet", "lo"]
    assert not test_escape.offenders(report["kernel"], {"EPERM", "ENOSYS"})
    assert not test_escape.offenders(report["processes"], {"ESRCH"})
    assert not test_escape.offenders(report["files"], test_escape.NOT_THERE)
    assert report["standing"]["capabilities"] == [0] * 5
    assert server.stop() == 0
    house.expect_nothing_left(server)


def test_a_host_that_cannot_give_it_says_so(house, client, python):
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/dev/net"], check=True)
    try:
        server = house.start("without", arguments=["--park", "2"])
    finally:
        subprocess.run(["umount", "/dev/net"], check=True)
    fc = server.client()
    fc.make_service("out", internetAccess=True)
    fc.make("out", "python", python)
    answer = fc.invoke("out", "python", "{}")
    assert answer.error == "503 ServiceUnavailable"
    said = answer.json["ErrorMessage"]
    assert "its service has internetAccess, and this host cannot give it: /dev/net/tun cannot be opened" in said, said
    assert "\ninternet none: /dev/net/tun cannot be opened" in server.health()
    fc.make_service("plain")
    fc.make("plain", "python", python)
    assert ask(fc, service="plain") == {}
    fc.close()
    assert server.stop() == 0


def test_the_project_file_asks_for_it(server, client, folder, python):
    project = folder / "project"
    project.mkdir()
    (project / "index.py").write_text((FUNCTIONS / "internet.py").read_text())
    (project / "mayfly.yaml").write_text("service: projected\ninternetAccess: true\nfunctions:\n  page:\n    timeout: 20\n")
    Cli(server, folder)("deploy", project)
    assert ask(client, service="projected", function="page", fetch=[PAGE])[PAGE][0] == SAID
