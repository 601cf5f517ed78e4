"""What was made is fetched through the edge before a viewer asks for it."""

import http.client
import json
import os
import urllib.parse


def handler(event, context):
    address = urllib.parse.urlsplit(os.environ["FC_ENDPOINT"]).netloc
    edge = http.client.HTTPConnection(address, timeout=30)
    for one in json.loads(event)["events"]:
        path = urllib.parse.quote(one["oss"]["object"]["key"].removeprefix("out/"))
        edge.request("GET", f"/2016-08-15/proxy/{context.service.name}/edge/{path}")
        answer = edge.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"the edge answered {answer.status} for {path}")
        context.logger.info("%s is at the edge: %s", path, answer.headers["X-Cache"])
