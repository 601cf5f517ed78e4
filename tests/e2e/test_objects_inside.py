"""Functions use the object store with the keys of their context, by public SDKs that are not configured."""

import json
import urllib.error
import urllib.request

import pytest

from support import npm
from support.packages import FUNCTIONS, function, zip_of
from support.s3 import client as s3_client
from support.waiting import wait_until

ROLE = "acs:ram::1000000000000001:role/worker"
OTHER = "1000000000000002"


@pytest.fixture(scope="module")
def s3(server):
    made = s3_client(server)
    made.create_bucket(Bucket="photos")
    return made


@pytest.fixture(scope="module")
def fc(server, s3):
    fc = server.client()
    assert fc.json("POST", "services", {"serviceName": "roled", "role": ROLE}).status == 200
    fc.make("roled", "boto", function("objects_inside"), timeout=30, memorySize=256)
    code = {f"node_modules/{name}": content for name, content in npm.files_of("ali-oss").items()}
    code["index.js"] = (FUNCTIONS / "objects_inside.js").read_bytes()
    fc.make("roled", "ali", zip_of(code), runtime="nodejs20", timeout=30, memorySize=512)
    yield fc
    fc.close()


def ask(fc, name, **wanted):
    return json.loads(fc.invoke("roled", name, json.dumps(wanted)).result)


def trigger(fc, name, prefix):
    made = fc.json(
        "POST",
        f"services/roled/functions/{name}/triggers",
        {
            "triggerName": "new",
            "triggerType": "oss",
            "sourceArn": "acs:oss:cn-hangzhou:1000000000000001:photos",
            "invocationRole": "acs:ram::1:role/x",
            "triggerConfig": {"events": ["oss:ObjectCreated:*"], "filter": {"key": {"prefix": prefix, "suffix": ""}}},
        },
    )
    assert made.status == 200, made.body


def body_of(s3, key):
    try:
        return s3.get_object(Bucket="photos", Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None


def test_a_stored_object_runs_a_function_that_stores_another(fc, s3):
    trigger(fc, "ali", "in/")
    for n in range(20):
        s3.put_object(Bucket="photos", Key=f"in/{n} é.txt", Body=f"photo {n}".encode())
    for n in range(20):
        wait_until(lambda: body_of(s3, f"out/{n} é.txt") == f"PHOTO {n}".encode(), f"out/{n} is there")


COPIES = """
import json, os, boto3, botocore.config
def handler(event, context):
    keys = context.credentials
    s3 = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"], aws_access_key_id=keys.access_key_id,
                      aws_secret_access_key=keys.access_key_secret, aws_session_token=keys.security_token)
    for one in json.loads(event)["events"]:
        key = one["oss"]["object"]["key"]
        print("seen", key)
        s3.put_object(Bucket="photos", Key=os.environ["TO"] + key.split("/")[-1] + "+", Body=b"x")
"""


def near_misses(fc, name):
    text = fc.send("GET", "/mayfly/v1/near-misses", query=f"service=roled&function={name}").body
    return [(m["trigger"], m["key"]) for m in json.loads(text)["nearMisses"] if "its own output" in m["why"]]


def test_a_function_does_not_run_on_its_own_output(fc, s3):
    fc.make("roled", "own", COPIES, timeout=30, memorySize=256, environmentVariables={"TO": "own/"})
    trigger(fc, "own", "own/")
    s3.put_object(Bucket="photos", Key="own/a", Body=b"x")
    wait_until(lambda: near_misses(fc, "own") == [("new", "own/a+")], "its own output is a near miss")
    assert body_of(s3, "own/a+") == b"x" and body_of(s3, "own/a++") is None


def test_functions_that_call_each_other_in_turn_are_cut(fc, s3):
    for name, watched, to in (("ping", "ping/", "pong/"), ("pong", "pong/", "ping/")):
        fc.make("roled", name, COPIES, timeout=30, memorySize=256, environmentVariables={"TO": to})
        trigger(fc, name, watched)
    s3.put_object(Bucket="photos", Key="ping/a", Body=b"x")

    def dead():
        text = fc.send("GET", "/mayfly/v1/events", query="status=dead&service=roled&function=pong").body
        return [e for e in json.loads(text)["events"] if "loop" in json.dumps(e)]

    wait_until(dead, "the loop is cut", seconds=60)
    assert body_of(s3, "ping/a" + "+" * 16) == b"x" and body_of(s3, "pong/a" + "+" * 17) is not None
    assert body_of(s3, "ping/a" + "+" * 18) is None


@pytest.mark.parametrize("v4", [False, True])
def test_ali_oss_works_inside_and_changes_no_bucket(fc, v4):
    key = f"tour/{v4} ü.txt"
    assert ask(fc, "ali", bucket="photos", v4=v4, key=key) == {
        "by": "me",
        "names": [key],
        "content": "from inside",
        "refused": ["AccessDenied"] * 5,
    }


@pytest.mark.parametrize("signature", ["s3v4", "s3"])
def test_boto3_works_inside(fc, signature):
    answer = ask(fc, "boto", bucket="photos", key="dir/a b", signature=signature)
    assert answer["part"] == "xxxxx" and "photos" in answer["buckets"]
    assert answer["refused"] == "AccessDenied"


def test_a_url_that_a_function_signed_is_good_outside(fc, s3, server):
    url = ask(fc, "boto", bucket="photos", key="shared")["url"]
    s3.put_object(Bucket="photos", Key="shared", Body=b"for all who have the link")
    outside = url.replace("http://127.0.0.1:7401", server.objects)
    with pytest.raises(urllib.error.HTTPError) as refused:  # the host is signed, too
        urllib.request.urlopen(outside, timeout=10)
    assert refused.value.code == 403
    request = urllib.request.Request(outside, headers={"Host": "127.0.0.1:7401"})
    assert urllib.request.urlopen(request, timeout=10).read() == b"for all who have the link"


@pytest.mark.parametrize("token,code", [("", "AccessDenied"), ("x", "InvalidAccessKeyId")])
def test_a_key_without_its_token_is_none(fc, token, code):
    assert fc.invoke("roled", "boto", json.dumps({"bucket": "photos", "read": "k", "token": token})).result == code.encode()


def test_another_accounts_objects_stay_its_own(fc, s3, server):
    made = server.client().send("POST", "/mayfly/v1/accounts", json.dumps({"id": OTHER, "name": "other"}).encode())
    assert made.status == 200, made.body
    key = json.loads(made.body)
    theirs = s3_client(server, key_id=key["accessKeyId"], secret=key["accessKeySecret"])
    theirs.create_bucket(Bucket="theirs")
    theirs.put_object(Bucket="theirs", Key="k", Body=b"secret")
    assert fc.invoke("roled", "boto", json.dumps({"bucket": "theirs", "read": "k"})).result == b"AccessDenied"
