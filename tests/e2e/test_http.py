"""Functions behind http triggers, in each language: what a client sends reaches the function, and the other way."""

import base64
import email.utils
import hashlib
import hmac
import http.client
import json
import time
import urllib.parse

import pytest

from support import java
from support.client import PROXY, Key, query_lines
from support.packages import FUNCTIONS, function, zip_of
from support.waiting import wait_until
from support.wire import Wire

SERVICE = "s"
LANGUAGES = {
    "python": ("python3", "py", "ValueError"),
    "nodejs": ("nodejs20", "js", "RangeError"),
    "java": ("java17", "java", "java.lang.IllegalStateException"),
}
ESCAPED = "/action%20with%20%C3%BC%2Fx"


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture(scope="module")
def web(fc, server, language):
    """A function with an anonymous trigger. web(method, path, …) sends a request without a signature."""
    runtime, ending, _ = LANGUAGES[language]
    name = f"web_{language}"
    if language == "java":
        code, handler = zip_of(java.function("OverHttp.java")), "OverHttp::handleRequest"
    else:
        code, handler = zip_of({f"index.{ending}": (FUNCTIONS / f"over_http.{ending}").read_text()}), "index.handler"
    fc.make(SERVICE, name, code, runtime=runtime, handler=handler, memorySize=512, timeout=3)
    web = make_caller(fc, name)
    web.trigger = fc.make_http_trigger(SERVICE, name, methods=["GET", "POST", "PUT", "HEAD"])
    return web


def make_caller(client, name, **fixed):
    def call(method="GET", path="/", body=b"", headers=None, query="", **options):
        return client.send(method, f"{PROXY}{SERVICE}/{name}{path}", body, headers, query, **{"signed": False, **fixed, **options})

    call.name = name
    return call


def test_the_function_is_told_the_whole_request(web):
    headers = {"X-Mine": "1", "Cookie": "a=b", "X-Fc-Trace-Id": "t", "Keep-Alive": "5", "Authorization": "Bearer own"}
    answer = web("GET", ESCAPED, headers=headers, query="x=1&y=%20%C3%BC&y=2+3&empty=")
    assert answer.status == 200, answer.body
    told = answer.json
    assert told["method"] == "GET" and told["client"] == "127.0.0.1"
    assert told["path"] == "/action with ü/x"
    assert told["uri"] == f"{PROXY}{SERVICE}/{web.name}{ESCAPED}?x=1&y=%20%C3%BC&y=2+3&empty="
    assert told["request"] == answer.headers["X-Fc-Request-Id"]
    assert told["queries"]["x"] == "1" and told["queries"]["y"] == [" ü", "2 3"]
    assert told["headers"]["x-mine"] == "1" and told["headers"]["cookie"] == "a=b"
    assert told["headers"]["authorization"] == "Bearer own"
    assert not {"x-fc-trace-id", "keep-alive", "connection"} & told["headers"].keys()


READERS = """
const { PassThrough, pipeline } = require('stream');
const { text } = require('stream/consumers');
const whole = (stream) => new Promise((done) => {
  let read = '';
  stream.on('data', (part) => (read += part)).on('end', () => done(read));
});
const readers = {
  async iterated(request) {
    let read = '';
    for await (const part of request) read += part;
    for await (const part of request) read += 'again';
    return read;
  },
  async heard_while_iterated(request) {
    let end;
    const ended = new Promise((done) => (end = done));
    for await (const part of request) request.on('end', () => end(String(part)));
    return ended;
  },
  async decoded(request) {
    request.setEncoding('latin1');
    for await (const part of request) return part;
  },
  data: whole,
  piped: (request) => whole(request.pipe(new PassThrough())),
  pipeline: (request) => new Promise((done) => pipeline(request, (parts) => whole(parts), (error, read) => done(read))),
  text,
  copied: (request) => (request.headers = { ...request.headers, more: 1 }, Object.keys(request.headers).includes('more') ? text(request) : 'lost'),
};
exports.handler = (request, response) => {
  readers[request.path.slice(1)](request).then((read) => response.send(read), (error) => response.send(error.stack));
};
"""


def test_a_request_in_node_is_a_stream_whichever_way_it_is_read(fc):
    fc.make(SERVICE, "readers", zip_of({"index.js": READERS}), runtime="nodejs20", handler="index.handler")
    fc.make_http_trigger(SERVICE, "readers", methods=["POST"])
    call = make_caller(fc, "readers")
    ways = ("iterated", "heard_while_iterated", "decoded", "data", "piped", "pipeline", "text", "copied")
    assert {way: call("POST", "/" + way, b"body").body for way in ways} == dict.fromkeys(ways, b"body")


def test_names_that_every_object_has_and_cookies_in_pieces(web, server):
    with Wire(server.port) as wire:
        wire.send(f"GET {PROXY}{SERVICE}/{web.name}/?constructor=1&toString=2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                  "constructor: 3\r\nCookie: a=b\r\ncookie: c=d\r\nX-Two: 1\r\nx-two: 2\r\n\r\n".encode())
        answer = json.loads(wire.read_to_end().split(b"\r\n\r\n", 1)[1])
    assert answer["queries"] == {"constructor": "1", "toString": "2"}
    assert answer["headers"]["constructor"] == "3" and answer["headers"]["cookie"] == "a=b; c=d"
    assert answer["headers"]["x-two"] == "1, 2"


def test_a_path_may_be_left_out(web):
    assert web("GET", "").json["path"] == "/"
    assert web("GET", "/").json["path"] == "/"
    assert web("GET", "//a//").json["path"] == "//a//"


@pytest.mark.parametrize("size", [0, 1, 4000, 70_000, 6 << 20])
def test_bytes_go_both_ways(web, size):
    body = (bytes(range(256)) * (size // 256 + 1))[:size]
    for method in ("POST", "PUT"):
        answer = web(method, "/body", body, {"Content-Type": "image/x-test"})
        assert answer.status == 200 and answer.body == body
        assert answer.headers["Content-Type"] == "image/x-test"
        assert answer.headers["X-Length"] == str(size)


def test_a_body_in_chunks_is_one_body(web, server):
    with Wire(server.port) as wire:
        wire.send(f"POST {PROXY}{SERVICE}/{web.name}/body HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                  "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".encode())
        answer = wire.read_to_end()
    assert answer.endswith(b"\r\n\r\nabcde") and b"X-Length: 5\r\n" in answer, answer


def test_the_answer_has_the_functions_status_and_headers_and_the_platforms(web):
    answer = web("GET", "/headers")
    assert answer.status == 200 and answer.body == b""
    assert answer.headers.get_all("Set-Cookie") == ["a=b", "c=d"]
    assert answer.headers["X-Text"] == "café"
    assert answer.headers["Server"] is None and answer.headers["Connection"] is None
    assert answer.headers["Content-Disposition"] == "attachment"
    assert answer.headers["X-Fc-Invocation-Duration"].isdigit() and float(answer.headers["X-Fc-Max-Memory-Usage"]) > 0
    assert answer.headers["X-Fc-Instance-Id"].startswith("c-") and answer.headers["X-Fc-Error-Type"] is None
    for code in (201, 302, 404, 418, 500, 503):
        answer = web("GET", "/status", query=f"code={code}")
        assert (answer.status, answer.body) == (code, b"with status")
    for code in (204, 304):
        assert web("GET", "/status", query=f"code={code}").body == b""
    assert web("GET", "/").status == 200  # nothing was left on the connection


def test_a_head_has_no_body(web):
    answer = web("HEAD", "/status", query="code=200")
    assert answer.status == 200 and answer.body == b""
    assert answer.headers["Content-Length"] == str(len("with status"))
    assert web("GET", "/status", query="code=200").body == b"with status"


def test_an_error_is_a_bad_gateway_and_the_worker_goes_on(web, language):
    worker = web().headers["X-Fc-Instance-Id"]
    for _ in range(2):
        answer = web("POST", "/raise", b"x")
        assert answer.status == 502 and answer.headers["X-Fc-Error-Type"] == "UnhandledInvocationError"
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json["errorMessage"] == "raised as asked" and answer.json["errorType"] == LANGUAGES[language][2]
        assert "over_http" not in json.dumps(answer.json["stackTrace"]) and "wsgi" not in json.dumps(answer.json["stackTrace"])
    assert web().headers["X-Fc-Instance-Id"] == worker


def test_time_is_limited_and_a_lost_worker_fails_its_call_alone(web):
    late = web("GET", "/hang")
    assert late.status == 502 and late.json["errorMessage"].startswith("Function timed out after 3 seconds")
    died = web("GET", "/exit")
    assert died.status == 502 and died.json["errorMessage"].startswith("Process exited unexpectedly")
    assert web().status == 200


BAD = [
    ("/status", "code=99", "the status 99 is not a number from 200 to 599"),
    ("/status", "code=101", "the status 101"),
    ("/header", "name=a%20b&value=1", "'a b' is not the name of an HTTP header"),
    ("/header", "name=a&value=b%0D%0AEvil:%201", "the header a has control characters"),
    ("/header", "name=a&value=%F0%9F%98%80", "the header a has characters that HTTP has no bytes for"),
    ("/big", "", "the headers have more than the 8192 bytes they may"),
]


@pytest.mark.parametrize("path, query, said", BAD, ids=lambda value: None)
def test_what_is_no_http_is_a_bad_response(web, path, query, said):
    answer = web("GET", path, query=query)
    assert answer.error == "502 BadResponse"
    assert said in answer.json["ErrorMessage"], answer.body
    assert web().status == 200


def test_a_redirect_stays_on_the_host(web):
    for to in ("/elsewhere", "other?x", "http://127.0.0.1:1/"):
        answer = web("GET", "/status", query=f"code=302&to={urllib.parse.quote(to)}")
        assert answer.status == 302 and answer.headers["Location"] == to
    answer = web("GET", "/status", query="code=302&to=https%3A%2F%2Fevil.example%2F")
    assert answer.error == "400 ExternalRedirectForbidden" and answer.headers["X-Fc-Error-Type"] == "FCCommonError"


def test_the_log_comes_along_if_it_is_wanted(web):
    answer = web("GET", "/print", headers={"X-Fc-Log-Type": "Tail"})
    assert answer.status == 200 and b"printed over HTTP\n" in answer.log
    assert answer.headers["X-Fc-Request-Id"].encode() in answer.log
    assert "X-Fc-Log-Result" not in web("GET", "/print").headers


def on_the_bill(fc, web):
    rows = fc.send("GET", "/mayfly/v1/bill").json["functions"]
    return next((row for row in rows if row["function"] == web.name), {"invocations": 0, "errors": 0})


def test_methods_and_sizes_are_refused_with_the_reason(web, fc):
    answer = web("DELETE")
    assert answer.error == "400 InvalidArgument" and "takes GET, POST, PUT, HEAD, not DELETE" in answer.json["ErrorMessage"]
    assert answer.headers["X-Fc-Error-Type"] == "FCCommonError"
    assert web("GET", query="x" * 4096).error == "400 InvalidArgument"
    assert web("GET", headers={"A": "x" * 8192}).error == "400 InvalidArgument"
    assert web("GET", "/%FF").error == "400 InvalidArgument"
    before = on_the_bill(fc, web)["invocations"]
    assert web("GET", headers={"X-Fc-Invocation-Type": "Async"}).status == 202
    wait_until(lambda: on_the_bill(fc, web)["invocations"] == before + 1, "it has run")
    assert web().status == 200


def test_a_function_for_http_takes_no_events(web, fc):
    answer = fc.invoke(SERVICE, web.name, b"x")
    assert answer.error == "400 InvalidArgument" and f"{PROXY}{SERVICE}/{web.name}/" in answer.json["ErrorMessage"]


def test_calls_are_on_the_bill(web, fc):
    before = on_the_bill(fc, web)
    web()
    web("GET", "/raise")
    web("GET", "/status", query="code=99")
    after = on_the_bill(fc, web)
    assert after["invocations"] == before["invocations"] + 3 and after["errors"] == before["errors"] + 2


# ---- Who may call ----

SIGNED = "def handler(environ, start_response):\n    start_response('200 OK', [])\n    return [b'in']\n"


@pytest.fixture(scope="module")
def guarded(fc):
    fc.make(SERVICE, "guarded", SIGNED)
    fc.make_http_trigger(SERVICE, "guarded", "function", ["GET", "POST"])
    return make_caller(fc, "guarded", signed=True)


def test_a_signature_lets_in(guarded):
    assert guarded("GET", ESCAPED, query="b=2&a=%20x&a=+y&c").body == b"in"
    assert guarded("POST", "/", b"body", {"Content-Type": "text/plain", "X-Fc-Trace-Id": "t"}).body == b"in"


def test_strangers_forgers_and_the_late_stay_out(guarded, fc):
    assert guarded(signed=False).error == "403 AccessDenied"
    assert guarded(key=Key(fc.key.id, "wrong", fc.key.account)).error == "403 SignatureNotMatch"
    assert guarded(key=Key("nobody", "x", fc.key.account)).error == "403 InvalidAccessKeyID"
    assert guarded(date=email.utils.formatdate(time.time() - 1000, usegmt=True)).error == "403 AccessDenied"
    answer = guarded(signed=False)
    assert answer.headers["X-Fc-Error-Type"] == "FCCommonError"


def signed_url(key, path, seconds, query=""):
    """As the SDKs' SignURL."""
    more = {"x-fc-access-key-id": key.id, "x-fc-expires": str(int(time.time()) + seconds)}
    query = "&".join(filter(None, [query, urllib.parse.urlencode(more)]))
    text = f"GET\n\n\n{more['x-fc-expires']}\n{urllib.parse.unquote(path)}\n{query_lines(query)}"
    made = base64.b64encode(hmac.new(key.secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
    return f"{path}?{query}&{urllib.parse.urlencode({'x-fc-signature': made})}"


def test_a_signed_url_lets_in_until_it_expires(guarded, server, fc):
    path = f"{PROXY}{SERVICE}/{guarded.name}{ESCAPED}"

    def get(url):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("GET", url)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body if answer.status == 200 else json.loads(body)["ErrorCode"]

    good = signed_url(fc.key, path, 60, "a=b%20c")
    assert get(good) == (200, b"in")
    assert get(good.replace("a=b", "a=c")) == (403, "SignatureNotMatch")
    assert get(signed_url(fc.key, path, -5)) == (403, "AccessDenied")


# ---- WSGI, to the letter ----

WSGI = """
import sys
class Result:
    def __init__(self, parts): self.parts = iter(parts)
    def __iter__(self): return self
    def __next__(self): return next(self.parts)
    def close(self): print("closed")

def handler(environ, start_response):
    how = environ["PATH_INFO"]
    if how == "/write":
        write = start_response("201 Made", [("A", "1")])
        write(b"written ")
        return Result([b"and ", b"returned"])
    if how == "/late":
        def late():
            start_response("202 Later", [])
            yield b"late"
        return late()
    if how == "/again":
        start_response("200 OK", [])
        try: 1 / 0
        except ZeroDivisionError: start_response("500 Oops", [], sys.exc_info())
        return [b"oops"]
    if how == "/twice":
        start_response("200 OK", [])
        start_response("200 OK", [])
    if how == "/text":
        start_response("200 OK", [])
        return Result(["text"])
    if how == "/silent":
        return [b"x"]
    start_response("200 OK", [])
    return [("%s|%s|%s|%s|%s" % (environ["SCRIPT_NAME"], environ["PATH_INFO"], environ["SERVER_NAME"],
             environ["SERVER_PORT"], environ["wsgi.url_scheme"])).encode()]
"""


@pytest.fixture(scope="module")
def wsgi(fc):
    fc.make(SERVICE, "wsgi", WSGI)
    fc.make_http_trigger(SERVICE, "wsgi")
    return make_caller(fc, "wsgi")


def test_wsgi_is_kept_to_the_letter(wsgi, server):
    answer = wsgi("GET", "/write", headers={"X-Fc-Log-Type": "Tail"})
    assert (answer.status, answer.headers["A"], answer.body) == (201, "1", b"written and returned")
    assert b"\nclosed\n" in answer.log
    assert (wsgi("GET", "/late").status, wsgi("GET", "/late").body) == (202, b"late")
    assert (wsgi("GET", "/again").status, wsgi("GET", "/again").body) == (500, b"oops")
    assert wsgi("GET", "/where").body.decode() == f"{PROXY}{SERVICE}/wsgi|/where|127.0.0.1|{server.port}|http"
    for path, said in (("/twice", "a second time"), ("/silent", "without calling start_response"), ("/text", "bytes")):
        answer = wsgi("GET", path, headers={"X-Fc-Log-Type": "Tail"})
        assert answer.status == 502 and said in answer.json["errorMessage"], answer.body
        assert (b"\nclosed\n" in answer.log) == (path == "/text")


def test_several_requests_at_once_in_one_worker(fc, server):
    code = "import threading\nboth = threading.Barrier(2, timeout=20)\n" + SIGNED.replace("    start", "    both.wait()\n    start", 1)
    fc.make(SERVICE, "several", code, instanceConcurrency=2, timeout=30)
    fc.make_http_trigger(SERVICE, "several")
    clients = [server.client() for _ in range(2)]
    for client in clients:
        client.send("GET", f"{PROXY}{SERVICE}/several/", signed=False, later=True)
    for client in clients:
        answer = client.end()
        assert (answer.status, answer.body) == (200, b"in"), answer.body
        client.close()


def test_a_worker_that_lies_about_http_fails_its_call_alone(fc):
    fc.make(SERVICE, "liar", function("lie_over_http"))
    fc.make_http_trigger(SERVICE, "liar")
    liar = make_caller(fc, "liar")
    for frame in ("", "abc", r"\x09\x00\x00\x00{}", r"\x02\x00\x00\x00{]", r"\x02\x00\x00\x00[]"):
        answer = liar(query=frame)
        assert answer.error == "502 BadResponse", (frame, answer.body)
    honest = liar(query=r"\x1b\x00\x00\x00" + '{"status":203,"headers":[]}body')
    assert (honest.status, honest.body) == (203, b"body")


# ---- Triggers over the API ----


def test_triggers_are_made_read_changed_listed_and_deleted(fc):
    fc.make(SERVICE, "crud", SIGNED)
    base = f"services/{SERVICE}/functions/crud/triggers"
    call = make_caller(fc, "crud")
    assert call().error == "404 TriggerNotFound" and "create one" in call().json["ErrorMessage"]
    made = fc.make_http_trigger(SERVICE, "crud")
    assert made["urlInternet"] == f"{fc.url}{PROXY}{SERVICE}/crud/" and made["urlIntranet"] == made["urlInternet"]
    assert made["targetArn"].endswith(f":services/{SERVICE}/functions/crud")
    assert call().body == b"in"
    read = fc.json("GET", f"{base}/web")
    assert read.json == made
    changed = fc.json("PUT", f"{base}/web", {"triggerConfig": {"AuthType": "function", "methods": ["GET"]}}, headers={"If-Match": read.headers["ETag"]})
    assert changed.json["triggerConfig"] == {"authType": "function", "methods": ["GET"]}
    assert call().error == "403 AccessDenied"
    assert fc.json("DELETE", f"{base}/web", headers={"If-Match": read.headers["ETag"]}).error == "412 PreconditionFailed"
    assert fc.json("POST", base, {"triggerName": "web", "triggerType": "http", "triggerConfig": made["triggerConfig"]}).error == "409 TriggerAlreadyExists"
    assert fc.json("POST", base, {"triggerName": "two", "triggerType": "http", "triggerConfig": made["triggerConfig"]}).error == "400 InvalidArgument"
    assert fc.json("POST", base, {"triggerName": "t", "triggerType": "mqtt"}).error == "400 InvalidArgument"
    assert [t["triggerName"] for t in fc.json("GET", base).json["triggers"]] == ["web"]
    assert fc.json("DELETE", f"services/{SERVICE}/functions/crud").error == "412 FunctionNotEmpty"
    assert fc.json("DELETE", f"{base}/web").status == 204
    assert fc.json("GET", f"{base}/web").error == "404 TriggerNotFound"
    assert call().error == "404 TriggerNotFound"
    assert fc.json("DELETE", f"services/{SERVICE}/functions/crud").status == 204


def test_triggers_outlive_the_server(house):
    server = house.start("again")
    client = server.client()
    client.make_service(SERVICE)
    client.make(SERVICE, "kept", SIGNED)
    made = client.make_http_trigger(SERVICE, "kept")
    client.close()
    server.kill()
    server = house.start("again")
    client = server.client()
    assert make_caller(client, "kept")().body == b"in"
    read = client.json("GET", f"services/{SERVICE}/functions/kept/triggers/web").json
    assert read["triggerId"] == made["triggerId"] and read["triggerConfig"] == made["triggerConfig"]
    client.close()
