"""HttpRequestHandler: what is a servlet's own; the rest is in test_http.py."""

import pytest

from support import java
from support.client import PROXY
from support.packages import zip_of

SERVICE = "s"
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


@pytest.fixture
def web(make, fc):
    """web(body of the handler) gives the function; the result sends it a request."""

    def web(body):
        code = zip_of(java.compile_java({"App.java": SOURCE % body}))
        name = make(code, runtime="java17", handler="App::handleRequest", memorySize=256, timeout=20).name
        fc.make_http_trigger(SERVICE, name, methods=["GET", "POST"])
        at = f"{PROXY}{SERVICE}/{name}"

        def call(method="GET", path="/", body=b"", headers=None, query=""):
            return fc.send(method, at + path, body, headers, query, signed=False)

        call.at = at
        return call

    return web


def test_the_request_is_a_servlets(web, server):
    call = web(
        """
    Object[] told = {request.getMethod(), request.getAttribute("FC_REQUEST_PATH"), request.getAttribute("FC_REQUEST_URI"),
      request.getAttribute("FC_REQUEST_CLIENT_IP"), request.getRequestURI(), request.getContextPath(), request.getPathInfo(),
      request.getQueryString(), request.getParameter("x"), request.getParameterValues("y").length, request.getParameter("form"),
      request.getHeader("x-ONE"), request.getContentLength(), request.getServerName(), request.getServerPort(),
      request.getRequestURL(), request.getCookies()[1].getValue(), request.getRemoteAddr(), request.getSession(false),
      request.getIntHeader("none"), request.isAsyncSupported()};
    response.getOutputStream().write(Arrays.asList(told).toString().getBytes("UTF-8"));"""
    )
    query = "x=1&y=%C3%BC&y=2"
    headers = {"X-One": "1", "Cookie": "k=v; l=w", "Content-Type": "application/x-www-form-urlencoded"}
    answer = call("POST", "/a%20b/c", b"form=sent", headers, query)
    assert answer.status == 200
    place = call.at + "/a%20b/c"
    assert answer.body.decode()[1:-1].split(", ") == [
        "POST", "/a b/c", f"{place}?{query}", "127.0.0.1", place, call.at, "/a b/c", query, "1", "2", "sent",
        "1", "9", "127.0.0.1", str(server.port), f"http://127.0.0.1:{server.port}{place}", "w", "127.0.0.1", "null",
        "-1", "false",
    ]  # fmt: skip


def test_the_body_is_read_as_bytes_or_in_its_charset(web):
    call = web(
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
    assert call("POST", "/", b"\x00\xff\x01\x02").body == b"\x00\xff\x01"
    answer = call("POST", "/", "ü".encode("latin1"), {"Content-Type": "text/plain; charset=ISO-8859-1"})
    assert (answer.body, answer.headers["Content-Type"]) == ("ü".encode(), "text/plain; charset=UTF-8")


def test_status_headers_and_cookies_are_answered(web):
    call = web(
        """
    if (request.getPathInfo().equals("/go")) { response.sendRedirect("/there"); return; }
    if (request.getPathInfo().equals("/no")) { response.getWriter().print("gone"); response.sendError(404, "none such"); return; }
    response.setStatus(201);
    response.setHeader("X-A", "1"); response.setHeader("x-a", "2"); response.addHeader("X-B", "b"); response.addHeader("X-B", "c");
    response.setDateHeader("X-Date", 0); response.setIntHeader("X-Int", 7);
    Cookie cookie = new Cookie("k", "v"); cookie.setPath("/"); cookie.setHttpOnly(true); response.addCookie(cookie);
    response.getOutputStream().print("kept");"""
    )
    answer = call()
    assert (answer.status, answer.body) == (201, b"kept")
    wanted = {"X-A": ["2"], "X-B": ["b", "c"], "X-Date": ["Thu, 1 Jan 1970 00:00:00 GMT"], "X-Int": ["7"],
              "Set-Cookie": ["k=v; Path=/; HttpOnly"]}  # fmt: skip
    assert {name: answer.headers.get_all(name) for name in wanted} == wanted
    assert (call(path="/go").status, call(path="/go").headers["Location"]) == (302, "/there")
    assert (call(path="/no").status, call(path="/no").body) == (404, b"none such")


def test_an_error_is_told_without_our_frames(web):
    answer = web('throw new IOException("no answer");')()
    assert answer.status == 502 and answer.json["stackTrace"] == ["App.handleRequest(App.java:9)"]
