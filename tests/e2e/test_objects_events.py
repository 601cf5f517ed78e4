"""Triggers of type oss: a stored object runs a function, which stores another."""

import json
import re
import subprocess

import pytest

from support.s3 import client
from support.server import PROGRAMS
from support.waiting import wait_until

SEEN = """
import json, sys
def handler(event, context):
    for one in json.loads(event)["events"]:
        print("seen", json.dumps(one))
    return "done"
"""
FAILS_TWICE = """
import os
def handler(event, context):
    n = len(os.listdir("/tmp"))
    open(f"/tmp/{n}", "w").close()
    print("try", n)
    if n < 2:
        raise ValueError("not yet")
"""


@pytest.fixture(scope="module")
def s3(server):
    made = client(server)
    made.create_bucket(Bucket="photos")
    return made


def trigger(fc, function, name, prefix, suffix="", events=("oss:ObjectCreated:*",), bucket="photos"):
    made = fc.json(
        "POST",
        f"services/s/functions/{function}/triggers",
        {
            "triggerName": name,
            "triggerType": "oss",
            "sourceArn": f"acs:oss:cn-hangzhou:1000000000000001:{bucket}",
            "invocationRole": "acs:ram::1:role/x",
            "triggerConfig": {"events": list(events), "filter": {"key": {"prefix": prefix, "suffix": suffix}}},
        },
    )
    return made


def seen(fc, function):
    text = fc.send("GET", "/mayfly/v1/logs", query=f"service=s&function={function}&lines=1000").body
    lines = [line["text"] for line in json.loads(text)["lines"]]
    return [json.loads(m[1]) for m in (re.search(r"seen (\{.*\})", line) for line in lines) if m]


def test_a_stored_object_runs_its_function_once(fc, s3):
    fc.make("s", "watcher", SEEN)
    assert trigger(fc, "watcher", "new", "in/", ".jpg").status == 200
    s3.put_object(Bucket="photos", Key="in/é 1.jpg", Body=b"12345", ContentType="image/jpeg")
    s3.put_object(Bucket="photos", Key="in/not.png", Body=b"x")
    s3.put_object(Bucket="photos", Key="out/not.jpg", Body=b"x")
    s3.put_object(Bucket="photos", Key="in/é 1.jpg", Body=b"12")
    s3.copy_object(Bucket="photos", Key="in/2.jpg", CopySource="photos/in/not.png")
    s3.delete_object(Bucket="photos", Key="in/2.jpg")
    events = wait_until(lambda: (e := seen(fc, "watcher")) and len(e) >= 3 and e, "three events were seen")
    assert sorted((e["oss"]["object"]["key"], e["eventName"]) for e in events) == [
        ("in/2.jpg", "ObjectCreated:CopyObject"),
        ("in/é 1.jpg", "ObjectCreated:PutObject"),
        ("in/é 1.jpg", "ObjectCreated:PutObject"),
    ]
    first, second = [e for e in events if e["eventName"].endswith("PutObject")]
    first, second = sorted((first, second), key=lambda e: e["eventTime"])
    assert (first["oss"]["object"]["size"], first["oss"]["object"]["deltaSize"]) == (5, 5)
    assert (second["oss"]["object"]["size"], second["oss"]["object"]["deltaSize"]) == (2, -3)
    assert first["oss"]["object"]["eTag"] == "827CCB0EEA8A706C4C34A16891F84E7B"
    assert first["oss"]["bucket"] == {
        "arn": "acs:oss:cn-hangzhou:1000000000000001:photos",
        "name": "photos",
        "ownerIdentity": "1000000000000001",
        "virtualBucket": "",
    }
    assert first["eventSource"] == "acs:oss" and first["userIdentity"]["principalId"] == "1000000000000001"
    assert first["requestParameters"]["sourceIPAddress"] == "127.0.0.1"


RECORDS = """
import json
def handler(event, context):
    for one in json.loads(event)["Records"]:
        print("seen", json.dumps(one))
"""


def test_an_event_has_s3s_shape_where_that_is_wanted(fc, s3):
    fc.make("s", "s3shaped", RECORDS)
    config = {"events": ["oss:ObjectCreated:*"], "filter": {"key": {"prefix": "s3/", "suffix": ""}}, "eventFormat": "s3"}
    made = fc.json(
        "POST",
        "services/s/functions/s3shaped/triggers",
        {"triggerName": "t", "triggerType": "oss", "sourceArn": "acs:oss:r:1:photos", "triggerConfig": config},
    )
    assert made.status == 200 and made.json["triggerConfig"] == config
    s3.put_object(Bucket="photos", Key="s3/é 1.jpg", Body=b"12345")
    (one,) = wait_until(lambda: seen(fc, "s3shaped"), "the event was seen")
    assert (one["eventVersion"], one["eventSource"], one["eventName"]) == ("2.1", "aws:s3", "ObjectCreated:Put")
    assert one["s3"]["bucket"]["name"] == "photos" and one["s3"]["bucket"]["arn"] == "arn:aws:s3:::photos"
    object_ = one["s3"]["object"]
    assert (object_["key"], object_["size"], object_["eTag"]) == ("s3/%C3%A9+1.jpg", 5, "827ccb0eea8a706c4c34a16891f84e7b")
    refused = fc.json(
        "POST",
        "services/s/functions/s3shaped/triggers",
        {"triggerName": "u", "triggerType": "oss", "sourceArn": "acs:oss:r:1:photos", "triggerConfig": config | {"eventFormat": "gcs"}},
    )
    assert refused.error == "400 InvalidArgument" and "oss and s3" in refused.body.decode()


def test_near_misses_are_told(fc, server, s3):
    fc.make("s", "misser", SEEN)
    trigger(fc, "misser", "new", "near/", ".jpg")
    s3.put_object(Bucket="photos", Key="near/a.jpeg", Body=b"x")
    s3.put_object(Bucket="photos", Key="elsewhere/a.jpg", Body=b"x")
    s3.put_object(Bucket="photos", Key="near/b.jpg", Body=b"x")
    s3.delete_object(Bucket="photos", Key="near/b.jpg")
    text = fc.send("GET", "/mayfly/v1/near-misses", query="service=s&function=misser").body
    assert [(m["trigger"], m["key"], m["why"]) for m in json.loads(text)["nearMisses"]] == [
        ("new", "near/b.jpg", "it does not watch for ObjectRemoved:DeleteObject"),
        ("new", "elsewhere/a.jpg", "the key does not begin with 'near/'"),
        ("new", "near/a.jpeg", "the key does not end with '.jpg'"),
    ]
    words = [PROGRAMS / "mayfly", "fn", "show", "s/misser", "--data", server.data]
    shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert "near miss of new" in shown and "photos/near/a.jpeg" in shown


def test_removals_and_uploads_have_their_own_events(fc, s3):
    fc.make("s", "removals", SEEN)
    trigger(fc, "removals", "gone", "gone/", events=["oss:ObjectRemoved:*", "oss:ObjectCreated:CompleteMultipartUpload"])
    for key in ("gone/1", "gone/2", "gone/3"):
        s3.put_object(Bucket="photos", Key=key, Body=b"xyz")
    s3.delete_object(Bucket="photos", Key="gone/1")
    s3.delete_objects(Bucket="photos", Delete={"Objects": [{"Key": "gone/2"}, {"Key": "gone/none"}]})
    upload = s3.create_multipart_upload(Bucket="photos", Key="gone/m")["UploadId"]
    part = s3.upload_part(Bucket="photos", Key="gone/m", UploadId=upload, PartNumber=1, Body=b"part")
    s3.complete_multipart_upload(
        Bucket="photos", Key="gone/m", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )
    events = wait_until(lambda: (e := seen(fc, "removals")) and len(e) >= 3 and e, "three events were seen")
    assert sorted((e["eventName"], e["oss"]["object"]["key"], e["oss"]["object"]["deltaSize"]) for e in events) == [
        ("ObjectCreated:CompleteMultipartUpload", "gone/m", 4),
        ("ObjectRemoved:DeleteObject", "gone/1", -3),
        ("ObjectRemoved:DeleteObjects", "gone/2", -3),
    ]


def test_a_function_that_fails_is_tried_again(fc, s3):
    fc.make("s", "fails", FAILS_TWICE)
    trigger(fc, "fails", "new", "fails/")
    s3.put_object(Bucket="photos", Key="fails/1", Body=b"x")

    def tries():
        text = fc.send("GET", "/mayfly/v1/logs", query="service=s&function=fails&lines=1000").body
        return re.findall(r"try \d", text.decode())

    wait_until(lambda: len(tries()) >= 3, "it was tried three times")


def test_events_outlive_a_killed_server(house):
    server = house.start("killed")
    fc = server.client()
    fc.make_service("s")
    fc.make("s", "late", SEEN)
    s3 = client(server)
    s3.create_bucket(Bucket="photos")
    assert trigger(fc, "late", "new", "in/").status == 200
    for n in range(20):
        s3.put_object(Bucket="photos", Key=f"in/{n}", Body=b"x")
    server.kill()
    again = house.start("killed")
    fc = again.client()
    client(again).put_object(Bucket="photos", Key="in/last", Body=b"x")

    def keys():
        return {e["oss"]["object"]["key"] for e in seen(fc, "late")}

    # What the first server had handed over before it was killed is in its log no more: the outbox knows.
    wait_until(lambda: "in/last" in keys(), "the newest event was seen")
    wait_until(lambda: "events waiting 0" in again.health(), "the outbox is empty")


@pytest.mark.parametrize(
    "change, said",
    [
        ({"sourceArn": ""}, "sourceArn"),
        ({"triggerConfig": {"events": []}}, "events"),
        ({"triggerConfig": {"events": ["oss:ObjectTouched:*"]}}, "ObjectTouched"),
    ],
)
def test_a_wrong_trigger_is_refused_with_the_reason(fc, change, said):
    body = {
        "triggerName": "wrong",
        "triggerType": "oss",
        "sourceArn": "acs:oss:r:1:b",
        "triggerConfig": {"events": ["oss:ObjectCreated:*"]},
        **change,
    }
    answer = fc.json("POST", "services/s/functions/good/triggers", body)
    assert answer.error == "400 InvalidArgument"
    assert said in answer.body.decode()


def test_a_deploy_that_would_make_a_loop_is_refused(house, server, tmp_path):
    (tmp_path / "index.py").write_text("def handler(event, context):\n    pass\n")
    project = (
        "service: loops\nfunctions:\n  thumbs:\n    handler: index.handler\n    runtime: python3\n"
        "    triggers: [{name: new, type: oss, bucket: photos, prefix: in/}]\n    writes: [%s]\n"
    )

    def deploy(writes):
        (tmp_path / "mayfly.yaml").write_text(project % writes)
        return subprocess.run(
            [PROGRAMS / "mayfly", "deploy", "--data", server.data, tmp_path], capture_output=True, text=True
        )

    refused = deploy("photos/in/small/")
    assert refused.returncode == 2, refused
    assert "without end" in refused.stderr and "another prefix" in refused.stderr
    done = deploy("photos/out/")
    assert done.returncode == 0, done.stderr
    assert "oss in/*" in done.stdout
