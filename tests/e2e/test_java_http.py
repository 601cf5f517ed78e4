"""HttpRequestHandler, asked by frames of the worker protocol."""

import json
import struct
import subprocess

import pytest

from support import frames, java

HTTP_ANSWER = 8  # the flag
RAISED = 2
SOURCE = """
import com.aliyun.fc.runtime.*;
import java.io.*;
import java.util.*;
import javax.servlet.http.*;

public class App implements HttpRequestHandler {
  public void handleRequest(HttpServletRequest request, HttpServletResponse response, Context context) throws IOException {
    %s
  }
}"""


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    """The folder of the class that serves a function's folder."""
    folder = tmp_path_factory.mktemp("driver")
    (folder / "mayfly" / "shim").mkdir(parents=True)
    for name, content in java.function("ServeFolder.java").items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def ask(tmp_path, driver):
    """ask(body of the handler) starts the shim; ask.http(...) is a call's (status, headers, body)."""
    shims = []
    (tmp_path / "home").mkdir()
    (tmp_path / "rt").symlink_to(java.RUNTIME.parent)  # ../rt from its working folder, as from /code

    def ask(body):
        code = tmp_path / "code"
        code.mkdir()
        for name, content in java.compile_java({"App.java": SOURCE % body}).items():
            (code / name).write_bytes(content)
        class_path = f"{driver}:{java.RUNTIME}/*"

        def start(frames_in, frames_out):
            command = [java.JDK / "java", "-cp", class_path, "mayfly.shim.ServeFolder", code]
            line = ["/bin/bash", "-c", f'exec "$@" 3<&{frames_in} 4>&{frames_out}', "bash", *map(str, command)]
            return subprocess.Popen(line, cwd=tmp_path / "home", pass_fds=(frames_in, frames_out))

        shims.append(frames.Shim(start, "App::handleRequest"))

        def http(event=b"", method="GET", path="/", query="", uri="/", headers=()):
            about = {"method": method, "path": path, "query": query, "uri": uri, "client_ip": "10.0.0.7", "headers": list(headers)}
            shims[-1].call(1, {"http": about}, event)
            flags, payload = shims[-1].answer()
            assert flags == HTTP_ANSWER, payload
            (size,) = struct.unpack_from("<I", payload)
            head = json.loads(payload[4 : 4 + size])
            return head["status"], head["headers"], payload[4 + size :]

        http.shim = shims[-1]
        return http

    yield ask
    for shim in shims:
        assert shim.close() == 0


def test_the_request_is_a_servlets(ask):
    http = ask(
        """
    Object[] told = {request.getMethod(), request.getAttribute("FC_REQUEST_PATH"), request.getAttribute("FC_REQUEST_URI"),
      request.getAttribute("FC_REQUEST_CLIENT_IP"), request.getRequestURI(), request.getContextPath(), request.getPathInfo(),
      request.getQueryString(), request.getParameter("x"), request.getParameterValues("y").length, request.getParameter("form"),
      request.getHeader("x-ONE"), Collections.list(request.getHeaders("X-Two")), request.getContentLength(), request.getServerName(),
      request.getServerPort(), request.getRequestURL(), request.getCookies()[1].getValue(), request.getRemoteAddr(),
      request.getSession(false), request.getIntHeader("none")};
    response.getOutputStream().write(Arrays.asList(told).toString().getBytes("UTF-8"));"""
    )
    uri = "/2016-08-15/proxy/s/f/a%20b/c?x=1&y=%C3%BC&y=2"
    headers = [["X-One", "1"], ["X-Two", "a"], ["x-two", "b"], ["Host", "h.test:81"], ["Cookie", "k=v; l=w"],
               ["Content-Type", "application/x-www-form-urlencoded"]]  # fmt: skip
    status, _, body = http(b"form=sent", "POST", "/a b/c", uri.split("?")[1], uri, headers)
    assert status == 200
    place = uri.split("?")[0]
    assert body.decode()[1:-1].split(", ") == [
        "POST", "/a b/c", uri, "10.0.0.7", place, "/2016-08-15/proxy/s/f", "/a b/c", "x=1&y=%C3%BC&y=2", "1", "2", "sent",
        "1", "[a", "b]", "9", "h.test", "81", "http://h.test:81" + place, "w", "10.0.0.7", "null", "-1",
    ]  # fmt: skip


def test_the_body_is_read_as_bytes_or_in_its_charset(ask):
    http = ask(
        """
    if (request.getContentType() == null) {
      byte[] buffer = new byte[3];
      int size = request.getInputStream().read(buffer);
      response.getOutputStream().write(buffer, 0, size);
    } else {
      response.setContentType("text/plain; charset=UTF-8");
      response.getWriter().print(request.getReader().readLine());
    }"""
    )
    assert http(b"\x00\xff\x01\x02") == (200, [], b"\x00\xff\x01")
    typed = [["content-type", "text/plain; charset=ISO-8859-1"]]
    assert http("ü".encode("latin1"), headers=typed) == (200, [["Content-Type", "text/plain; charset=UTF-8"]], "ü".encode())


def test_status_headers_and_cookies_are_answered(ask):
    http = ask(
        """
    if (request.getPathInfo().equals("/go")) { response.sendRedirect("/there"); return; }
    if (request.getPathInfo().equals("/no")) { response.sendError(404, "none such"); return; }
    response.setStatus(201);
    response.setHeader("X-A", "1"); response.setHeader("x-a", "2"); response.addHeader("X-B", "b"); response.addHeader("X-B", "c");
    response.setDateHeader("X-Date", 0); response.setIntHeader("X-Int", 7);
    Cookie cookie = new Cookie("k", "v"); cookie.setPath("/"); cookie.setHttpOnly(true); response.addCookie(cookie);
    response.getOutputStream().print("kept");"""
    )
    assert http() == (
        201,
        [["x-a", "2"], ["X-B", "b"], ["X-B", "c"], ["X-Date", "Thu, 1 Jan 1970 00:00:00 GMT"], ["X-Int", "7"],
         ["Set-Cookie", "k=v; Path=/; HttpOnly"]],
        b"kept",
    )  # fmt: skip
    assert http(path="/go") == (302, [["Location", "/there"]], b"")
    assert http(path="/no") == (404, [["Content-Type", "text/plain;charset=UTF-8"]], b"none such")


def test_an_error_and_a_call_without_http_are_told(ask):
    http = ask('throw new IOException("no answer");')
    http.shim.call(1, {"http": {"method": "GET", "path": "/", "query": "", "uri": "/", "client_ip": "", "headers": []}}, b"")
    flags, payload = http.shim.answer()
    assert flags == RAISED and json.loads(payload)["stackTrace"] == ["App.handleRequest(App.java:9)"]
    http.shim.call(2, None, b"event")
    flags, payload = http.shim.answer()
    assert flags == RAISED and "implements no StreamRequestHandler nor PojoRequestHandler" in json.loads(payload)["errorMessage"]
