"""What API 2023-03-30 and 2021-04-06 have of calls and events, signed as the Tea SDKs sign."""

import http.client
import json
import urllib.parse

from support import acs3
from support.packages import function
from support.waiting import wait_until

LONG = b"600000"


class Tea:
    def __init__(self, server):
        self.host, self.key = urllib.parse.urlsplit(server.url).netloc, server.key()

    def send(self, method, target, body=b"", **headers):
        """Status, headers and JSON of an answer."""
        path, _, query = target.partition("?")
        connection = http.client.HTTPConnection(self.host, timeout=60)
        connection.request(method, target, body, acs3.signed(self.key, self.host, method, path, query, body, **headers))
        reply = connection.getresponse()
        text = reply.read()
        connection.close()
        return reply.status, reply.headers, json.loads(text) if text else None


def test_a_task_is_called_listed_shown_and_stopped(fc, server):
    fc.make_service("default")
    fc.make("default", "long", function("slow"), timeout=900)
    tea = Tea(server)
    base = "/2023-03-30/functions/long"
    status, _, config = tea.send("PUT", f"{base}/async-invoke-config", json.dumps({"asyncTask": True, "maxAsyncRetryAttempts": 0}).encode())
    arn = f"acs:fc:local:{fc.key.account}:functions/long"
    assert (status, config["asyncTask"], config["functionArn"]) == (200, True, arn), config
    status, headers, _ = tea.send("POST", f"{base}/invocations", LONG, x_fc_invocation_type="Async", x_fc_async_task_id="job_1")
    assert status == 202 and headers["X-Fc-Async-Task-Id"] == "job_1"

    def is_running():
        return tea.send("GET", f"{base}/async-tasks/job_1")[2]["status"] == "Running"

    wait_until(is_running, "it runs")
    listed = tea.send("GET", f"{base}/async-tasks?limit=5&prefix=job&status=Running&includePayload=true")[2]
    (task,) = listed["tasks"]
    assert (task["taskId"], task["functionArn"], task["taskPayload"]) == ("job_1", arn, LONG.decode()), task
    assert tea.send("PUT", f"{base}/async-tasks/job_1/stop")[0] == 204
    wait_until(lambda: tea.send("GET", f"{base}/async-tasks/job_1")[2]["status"] == "Stopped", "it stops", 60)
    status, _, again = tea.send("PUT", f"{base}/async-tasks/job_1/stop")
    assert (status, again["Code"]) == (412, "AsyncInvocationStopped"), again


def test_a_request_that_is_sent_again_is_refused(fc, server):
    tea = Tea(server)
    path = "/2021-04-06/services"
    headers = acs3.signed(tea.key, tea.host, "GET", path)
    answers = []
    for _ in range(2):
        connection = http.client.HTTPConnection(tea.host, timeout=60)
        connection.request("GET", path, b"", headers)
        answers.append(connection.getresponse().status)
        connection.close()
    assert answers == [200, 403]


def test_refusals_have_the_newer_form(fc, server):
    tea = Tea(server)
    status, headers, said = tea.send("GET", "/2023-03-30/functions/nobody/async-tasks")
    assert (status, said["Code"], said["RequestId"]) == (404, "FunctionNotFound", headers["X-Fc-Request-Id"]), said
    status, _, said = tea.send("GET", "/2023-03-30/custom-domains")
    assert (status, said["Code"]) == (400, "PathNotSupported") and "async-tasks" in said["Message"], said
    tea.key.secret += "x"
    status, _, said = tea.send("GET", "/2021-04-06/services")
    assert (status, said["Code"]) == (403, "SignatureNotMatch"), said
    status, _, said = tea.send("POST", "/2021-04-06/services", b"{not json")
    assert status == 403, said
    tea.key.secret = tea.key.secret[:-1]
    status, _, said = tea.send("POST", "/2021-04-06/services", b"{not json")
    assert (status, said["Code"]) == (400, "InvalidArgument"), said
