"""Uploads by a browser's form: boto3's and OSS's policies, what they permit, and forms of people with other plans."""

import base64
import datetime
import hashlib
import hmac
import json
import re

import botocore.exceptions
import pytest
import requests

from support.s3 import client, expect_it_serves

HOUR = datetime.timedelta(hours=1)
NOW = datetime.datetime.now(datetime.timezone.utc)


@pytest.fixture(scope="module")
def s3(server):
    made = client(server)
    made.create_bucket(Bucket="forms")
    return made


@pytest.fixture(autouse=True)
def goes_on(server, s3):
    yield
    expect_it_serves(server, s3, "forms")


def post(url, fields, content=b"hello", name="photo.jpg", kind="image/jpeg", **options):
    return requests.post(url, data=fields, files={"file": (name, content, kind)}, allow_redirects=False, timeout=20, **options)


def code(answer):
    found = re.search(r"<Code>(\w+)</Code>", answer.text)
    return answer.status_code, found and found[1]


def stored(s3, key):
    try:
        return s3.get_object(Bucket="forms", Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None


def oss_form(server, conditions, fields, expires=NOW + HOUR, secret=None):
    """As OSS's documents and SDKs make it: policy and signature of version 1."""
    document = {"expiration": expires.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "conditions": conditions}
    policy = base64.b64encode(json.dumps(document).encode()).decode()
    digest = hmac.new((secret or server.key().secret).encode(), policy.encode(), hashlib.sha1).digest()
    return {"OSSAccessKeyId": server.key().id, "policy": policy, "Signature": base64.b64encode(digest).decode(), **fields}


@pytest.mark.parametrize("signature", ["s3", "s3v4"])
def test_a_form_of_boto3(server, s3, signature):
    form = client(server, signature).generate_presigned_post(
        "forms",
        "user/${filename}",
        Fields={"acl": "public-read", "Content-Type": "image/jpeg", "x-amz-meta-who": "ada ü"},
        Conditions=[{"acl": "public-read"}, ["starts-with", "$Content-Type", "image/"], ["starts-with", "$x-amz-meta-who", ""], ["content-length-range", 1, 10]],
    )
    answer = post(form["url"], form["fields"], name="C:\\pictures\\ä b.jpg")
    assert answer.status_code == 204, answer.text
    assert answer.headers["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    assert answer.headers["Location"].endswith("/forms/user%2F%C3%A4%20b.jpg")
    got = s3.get_object(Bucket="forms", Key="user/ä b.jpg")
    assert got["Body"].read() == b"hello" and got["ContentType"] == "image/jpeg"
    assert requests.get(answer.headers["Location"], timeout=10).content == b"hello"  # the ACL is in effect
    assert code(post(form["url"], form["fields"], content=b"x" * 11)) == (400, "EntityTooLarge")
    assert code(post(form["url"], form["fields"], content=b"")) == (400, "EntityTooSmall")
    assert code(post(form["url"], form["fields"] | {"Content-Type": "text/html"})) == (403, "AccessDenied")
    assert code(post(form["url"], form["fields"] | {"acl": "private"})) == (403, "AccessDenied")
    assert stored(s3, "user/ä b.jpg") == b"hello"


def test_a_large_file_streams_through(server, s3):
    form = s3.generate_presigned_post("forms", "large")
    content = bytes(range(256)) * 30_000 + b"\r\n--"
    assert post(form["url"], form["fields"], content=content).status_code == 204
    assert stored(s3, "large") == content


def test_what_is_answered_when_all_is_well(server, s3):
    def fields(**more):
        form = s3.generate_presigned_post("forms", "a&b", Fields=more, Conditions=[{name: value} for name, value in more.items()])
        return form["url"], form["fields"]

    assert post(*fields(success_action_status="200")).status_code == 200
    created = post(*fields(success_action_status="201"))
    assert created.status_code == 201 and "<Key>a&amp;b</Key>" in created.text and "<Bucket>forms</Bucket>" in created.text
    assert post(*fields(success_action_status="404")).status_code == 204
    for before, between in (("http://site.example/done", "?"), ("https://site.example/done?x=1", "&")):
        sent = post(*fields(success_action_redirect=before))
        assert sent.status_code == 303
        assert sent.headers["Location"] == before + between + "bucket=forms&key=a%26b&etag=%225d41402abc4b2a76b9719d911017c592%22"
    for bad in ("javascript:alert(1)", "//site.example", "http://site.example/\r\nSet-Cookie: a=b"):
        assert code(post(*fields(success_action_redirect=bad))) == (400, "InvalidArgument")


def test_tags_and_checksums_of_a_form(server, s3):
    tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>"
    form = s3.generate_presigned_post("forms", "tagged", Fields={"tagging": tags}, Conditions=[{"tagging": tags}])
    assert post(form["url"], form["fields"]).status_code == 204
    assert s3.get_object_tagging(Bucket="forms", Key="tagged")["TagSet"] == [{"Key": "a", "Value": "1"}]
    sums = {"x-amz-checksum-sha1": base64.b64encode(hashlib.sha1(b"other").digest()).decode()}
    form = s3.generate_presigned_post("forms", "summed", Fields=sums, Conditions=[sums])
    assert code(post(form["url"], form["fields"])) == (400, "BadDigest")
    assert post(form["url"], form["fields"], content=b"other").status_code == 204
    assert stored(s3, "summed") == b"other"


def test_a_form_of_oss(server, s3):
    conditions = [{"bucket": "forms"}, ["starts-with", "$key", "oss/"], ["in", "$content-type", ["image/jpeg", "image/png"]], ["content-length-range", 0, 100]]
    fields = {"key": "oss/${filename}", "success_action_status": "200", "x-oss-meta-who": "ada", "x-oss-object-acl": "private"}
    url = f"{server.objects}/forms/"
    answer = post(url, oss_form(server, conditions, fields))
    assert answer.status_code == 200 and answer.text == "", answer.text
    assert answer.headers["x-oss-request-id"] and answer.headers["ETag"] == '"5D41402ABC4B2A76B9719D911017C592"'
    head = s3.head_object(Bucket="forms", Key="oss/photo.jpg")
    assert head["ContentType"] == "image/jpeg" and head["Metadata"] == {"who": "ada"}
    assert code(post(url, oss_form(server, conditions, fields), kind="text/html")) == (403, "AccessDenied")
    assert code(post(url, oss_form(server, conditions, fields | {"x-oss-content-type": "text/html"}))) == (403, "AccessDenied")
    assert code(post(url, oss_form(server, conditions, fields | {"key": "other/x"}))) == (403, "AccessDenied")
    assert code(post(url, oss_form(server, conditions, fields, expires=NOW - HOUR))) == (403, "AccessDenied")
    assert code(post(url, oss_form(server, conditions, fields, secret="x"))) == (403, "SignatureDoesNotMatch")
    assert code(post(url, oss_form(server, conditions, fields | {"callback": "e30="}))) == (501, "NotImplemented")
    forbidding = fields | {"x-oss-forbid-overwrite": "true"}
    assert code(post(url, oss_form(server, conditions, forbidding))) == (409, "FileAlreadyExists")


def test_a_stored_form_is_an_event(server, s3):
    fc = server.client()
    assert fc.json("POST", "services", {"serviceName": "formed"}).status == 200
    fc.make("formed", "f", "import json\ndef handler(event, context):\n    print('saw', json.loads(event)['events'][0]['eventName'])\n")
    made = fc.json(
        "POST",
        "services/formed/functions/f/triggers",
        {
            "triggerName": "t",
            "triggerType": "oss",
            "sourceArn": "acs:oss:cn-hangzhou:1000000000000001:forms",
            "invocationRole": "acs:ram::1:role/x",
            "triggerConfig": {"events": ["oss:ObjectCreated:PostObject"], "filter": {"key": {"prefix": "event/", "suffix": ""}}},
        },
    )
    assert made.status == 200, made.body
    form = s3.generate_presigned_post("forms", "event/a")
    assert post(form["url"], form["fields"]).status_code == 204
    from support.waiting import wait_until

    def logs():
        return fc.send("GET", "/mayfly/v1/logs", query="service=formed&function=f&lines=100").body

    wait_until(lambda: b"saw ObjectCreated:PostObject" in logs(), "the function ran")
    fc.close()


def test_forms_that_are_not_signed_need_an_open_bucket(server, s3):
    url = f"{server.objects}/forms"
    assert code(post(url, {"key": "free"})) == (403, "AccessDenied")
    assert code(post(f"{server.objects}/no-such-bucket", {"key": "free"})) == (403, "AccessDenied")
    s3.create_bucket(Bucket="open-forms", ACL="public-read-write")
    assert post(f"{server.objects}/open-forms", {"key": "free"}).status_code == 204


def hostile(fields, **change):
    return {name: value for name, value in (fields | change).items() if value is not None}


def test_forms_that_were_changed_on_the_way(server, s3):
    form = s3.generate_presigned_post("forms", "mine")
    url, fields = form["url"], form["fields"]
    assert code(post(url, hostile(fields, key="theirs"))) == (403, "AccessDenied")
    assert code(post(url, hostile(fields, acl="public-read"))) == (403, "AccessDenied")
    assert code(post(url, hostile(fields, policy=None))) == (403, "AccessDenied")
    assert code(post(url, hostile(fields, policy=base64.b64encode(b"{}").decode()))) == (403, "SignatureDoesNotMatch")
    assert code(post(url, hostile(fields, **{"x-amz-signature": "0" * 64}))) == (403, "SignatureDoesNotMatch")
    assert code(post(url, hostile(fields, **{"x-amz-credential": "x"}))) == (403, "AccessDenied")
    assert code(post(url.replace("/forms", "/good-forms"), fields)) == (403, "AccessDenied")
    assert code(post(url, hostile(fields, key=None))) == (403, "AccessDenied")
    assert code(post(url, hostile(fields, callback="x"))) == (403, "AccessDenied")
    expired = s3.generate_presigned_post("forms", "mine", ExpiresIn=-10)
    assert code(post(expired["url"], expired["fields"])) == (403, "AccessDenied")
    assert stored(s3, "mine") is None and stored(s3, "theirs") is None


def test_a_signed_policy_that_is_none(server):
    for document in (b"", b"{", b"[]", b'{"expiration": "soon", "conditions": []}', b'{"expiration": "2099-01-01T00:00:00Z", "conditions": [["like", "$key", "x"]]}'):
        policy = base64.b64encode(document).decode() or "!"
        digest = hmac.new(server.key().secret.encode(), policy.encode(), hashlib.sha1).digest()
        fields = {"AWSAccessKeyId": server.key().id, "policy": policy, "signature": base64.b64encode(digest).decode(), "key": "x"}
        assert code(post(f"{server.objects}/forms", fields)) == (400, "InvalidPolicyDocument")


@pytest.mark.parametrize(
    "kind, body, expected",
    [
        ("multipart/form-data", b"x", "MalformedPOSTRequest"),
        ("multipart/form-data; boundary=" + "b" * 71, b"x", "MalformedPOSTRequest"),
        ("multipart/form-data; boundary=b", b"--b--\r\n", "MalformedPOSTRequest"),
        ("multipart/form-data; boundary=b", b"", "IncompleteBody"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=key\r\n\r\nx", "IncompleteBody"),
        ("multipart/form-data; boundary=b", b"x" * 30_000, "MaxPostPreDataLengthExceeded"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\n\r\n\r\n--b--", "MalformedPOSTRequest"),
        ("multipart/form-data; boundary=b", (b"--b\r\nContent-Disposition: form-data; name=key\r\n\r\nx\r\n") * 2, "MalformedPOSTRequest"),
        ("multipart/form-data; boundary=b", b"".join(b"--b\r\nContent-Disposition: form-data; name=%d\r\n\r\n\r\n" % n for n in range(200)), "MaxPostPreDataLengthExceeded"),
    ],
)
def test_what_is_no_form(server, kind, body, expected):
    answer = requests.post(f"{server.objects}/forms", data=body, headers={"Content-Type": kind}, timeout=10)
    assert code(answer) == (400, expected)


def test_a_file_that_ends_before_its_boundary_is_not_stored(server, s3):
    s3.create_bucket(Bucket="open-cut", ACL="public-read-write")
    body = b"--b\r\nContent-Disposition: form-data; name=key\r\n\r\nk\r\n--b\r\nContent-Disposition: form-data; name=file\r\n\r\n" + b"x" * 900_000
    answer = requests.post(f"{server.objects}/open-cut", data=body, headers={"Content-Type": "multipart/form-data; boundary=b"}, timeout=10)
    assert code(answer) == (400, "IncompleteBody")
    with pytest.raises(botocore.exceptions.ClientError):
        s3.head_object(Bucket="open-cut", Key="k")


@pytest.mark.parametrize("key, expected", [("a\0b", "InvalidObjectName"), ("k" * 1025, "KeyTooLongError"), ("../../etc/passwd", None)])
def test_keys_of_forms_are_names_and_no_paths(server, s3, key, expected):
    form = s3.generate_presigned_post("forms", "ignored", Conditions=[["starts-with", "$key", ""]])
    document = {"expiration": "2099-01-01T00:00:00Z", "conditions": [["starts-with", "$key", ""]]}
    policy = base64.b64encode(json.dumps(document).encode()).decode()
    digest = hmac.new(server.key().secret.encode(), policy.encode(), hashlib.sha1).digest()
    fields = {"AWSAccessKeyId": server.key().id, "policy": policy, "signature": base64.b64encode(digest).decode(), "key": key}
    answer = post(form["url"], fields)
    if expected is None:
        assert answer.status_code == 204 and stored(s3, key) == b"hello"
    else:
        assert code(answer) == (400, expected)
