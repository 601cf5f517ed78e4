"""What the policy of a service's role lets its functions do in the object store, asked from inside by unmodified SDKs."""

import json

import pytest

from support import npm
from support.packages import FUNCTIONS, zip_of
from support.s3 import client

OWNER = "1000000000000001"
ASKS = """
import json, os, boto3, botocore.config, botocore.exceptions
def handler(event, context):
    keys = context.credentials
    s3 = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"], aws_access_key_id=keys.access_key_id,
                      aws_secret_access_key=keys.access_key_secret, aws_session_token=keys.security_token,
                      region_name="us-east-1", config=botocore.config.Config(s3={"addressing_style": "path"}))
    answers = []
    for name, wanted in json.loads(event):
        try:
            answer = getattr(s3, name)(**wanted)
            answers.append([e["Key"] for e in answer.get("Errors", [])] or "done")
        except botocore.exceptions.ClientError as e:
            answers.append(e.response["Error"]["Code"])
    return json.dumps(answers)
"""


@pytest.fixture(scope="module")
def s3(server):
    made = client(server)
    for bucket in ("photos", "other"):
        made.create_bucket(Bucket=bucket)
        for key in ("in/a", "out/a"):
            made.put_object(Bucket=bucket, Key=key, Body=b"x")
    return made


@pytest.fixture(scope="module")
def fc(server, s3):
    fc = server.client()
    for name in ("limited", "free"):
        assert fc.json("POST", "services", {"serviceName": name, "role": f"acs:ram::{OWNER}:role/{name}"}).status == 200
        fc.make(name, "f", ASKS, timeout=30, memorySize=256)
    yield fc
    fc.close()


def put(fc, document, role="limited"):
    return fc.send("PUT", f"/mayfly/v1/roles/{role}", json.dumps(document).encode())


def say(effect, action, resource="*"):
    return {"Effect": effect, "Action": action, "Resource": resource}


@pytest.fixture
def policy(fc):
    """policy(statements…) is the role's until the test ends."""

    def put_it(*statements):
        answer = put(fc, {"Version": "1", "Statement": statements})
        assert answer.status == 200, answer.body

    yield put_it
    fc.send("DELETE", "/mayfly/v1/roles/limited")


def asked(fc, *calls, service="limited"):
    return json.loads(fc.invoke(service, "f", json.dumps(calls)).result)


def on(name, bucket="photos", **wanted):
    return [name, {"Bucket": bucket, **wanted}]


READ, OUT, OTHER = on("get_object", Key="in/a"), on("put_object", Key="out/b", Body="x"), on("get_object", "other", Key="in/a")
LIST, BUCKETS = on("list_objects_v2"), ["list_buckets", {}]


def test_a_role_without_a_policy_may_do_with_objects_what_functions_may(fc):
    assert asked(fc, READ, OUT, OTHER, LIST, BUCKETS) == ["done"] * 5


def test_a_role_may_do_what_its_policy_allows_and_nothing_else(fc, policy):
    policy(
        say("Allow", ["oss:GetObject", "oss:ListObjects"], ["acs:oss:*:*:photos", "acs:oss:*:*:photos/in/*"]),
        say("Allow", "oss:Put*", f"acs:oss:*:{OWNER}:photos/out/*"),
        say("Allow", ["fc:InvokeFunction", "log:PostLogStoreLogs"]),
    )
    no = "AccessDenied"
    assert asked(fc, READ, OUT, OTHER, LIST, BUCKETS) == ["done", "done", no, "done", no]
    assert asked(fc, on("put_object", Key="in/a", Body="x"), on("get_object", Key="out/a"), on("delete_object", Key="out/a")) == [no] * 3
    assert asked(fc, on("copy_object", Key="out/c", CopySource="photos/in/a"), on("copy_object", Key="out/c", CopySource="photos/out/a")) == ["done", no]
    assert asked(fc, READ, OUT, OTHER, LIST, BUCKETS, service="free") == ["done"] * 5


def test_what_it_denies_is_denied_whatever_is_allowed(fc, s3, policy):
    policy(say("Allow", "*"), say("Deny", "s3:DeleteObject", "arn:aws:s3:::photos/in/*"))
    assert asked(fc, READ, BUCKETS, on("delete_object", Key="in/a")) == ["done", "done", "AccessDenied"]
    for key in ("in/x", "tmp/x"):
        s3.put_object(Bucket="photos", Key=key, Body=b"x")
    many = {"Objects": [{"Key": "in/x"}, {"Key": "tmp/x"}]}
    assert asked(fc, on("delete_objects", Delete=many)) == [["in/x"]]
    open_to_all = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::photos/*"}]}
    s3.put_bucket_policy(Bucket="photos", Policy=json.dumps(open_to_all))
    assert asked(fc, on("delete_object", Key="in/x"), on("delete_object", Key="tmp/y")) == ["AccessDenied", "done"]
    s3.delete_bucket_policy(Bucket="photos")


def test_a_buckets_policy_may_allow_what_the_role_does_not_speak_of(fc, s3, policy):
    policy(say("Allow", "oss:GetObject", "acs:oss:*:*:photos/in/*"))
    assert asked(fc, OUT) == ["AccessDenied"]
    allows = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OWNER}:role/limited"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::photos/out/*"}
    s3.put_bucket_policy(Bucket="photos", Policy=json.dumps({"Statement": [allows]}))
    assert asked(fc, OUT) == ["done"]
    s3.delete_bucket_policy(Bucket="photos")


def test_of_another_accounts_bucket_both_must_allow(fc, server, policy):
    key = json.loads(server.client().send("POST", "/mayfly/v1/accounts", b'{"name": "other"}').body)
    theirs = client(server, key_id=key["accessKeyId"], secret=key["accessKeySecret"])
    theirs.create_bucket(Bucket="theirs")
    theirs.put_object(Bucket="theirs", Key="k", Body=b"x")
    allows = {"Effect": "Allow", "Principal": {"AWS": OWNER}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::theirs/*"}
    theirs.put_bucket_policy(Bucket="theirs", Policy=json.dumps({"Statement": [allows]}))
    read = on("get_object", "theirs", Key="k")
    assert asked(fc, read) == ["done"]
    policy(say("Allow", "oss:*", "acs:oss:*:*:photos/*"))
    assert asked(fc, read) == ["AccessDenied"]
    policy(say("Allow", "oss:*", "acs:oss:*:*:theirs/*"))
    assert asked(fc, read) == ["done"]


def test_a_policy_lets_a_function_change_no_bucket(fc, policy):
    policy(say("Allow", "*"))
    assert asked(fc, ["create_bucket", {"Bucket": "mine"}], on("delete_bucket"), on("put_bucket_policy", Policy="{}")) == ["AccessDenied"] * 3


def test_ali_oss_is_refused_as_boto3_is(fc, policy):
    code = {f"node_modules/{name}": content for name, content in npm.files_of("ali-oss").items()}
    code["index.js"] = (FUNCTIONS / "objects_inside.js").read_bytes()
    fc.make("limited", "ali", zip_of(code), runtime="nodejs20", timeout=30, memorySize=512)

    def tour():
        return fc.invoke("limited", "ali", json.dumps({"bucket": "photos", "v4": True, "key": "tour/x"}))

    assert json.loads(tour().result)["content"] == "from inside"
    policy(say("Allow", "oss:GetObject", "acs:oss:*:*:photos/*"))
    assert b"AccessDenied" in tour().body


def test_policies_are_listed_kept_and_removed(house, server, fc, policy):
    document = {"Version": "1", "Statement": [say("Allow", "oss:GetObject")]}
    assert json.loads(put(fc, document).body) == {"name": "limited", "arn": f"acs:ram::{OWNER}:role/limited", "policy": document}
    assert [r["name"] for r in json.loads(fc.send("GET", "/mayfly/v1/roles").body)["roles"]] == ["limited"]
    assert json.loads((server.data / "roles.json").read_text())["roles"][0]["name"] == "limited"
    assert fc.send("DELETE", "/mayfly/v1/roles/limited").status == 200
    assert fc.send("DELETE", "/mayfly/v1/roles/limited").status == 404
    assert asked(fc, OUT) == ["done"]


@pytest.mark.parametrize(
    "change, code",
    [({"Condition": {}}, "NotImplemented"), ({"Effect": "Perhaps"}, "MalformedPolicy"), ({"Action": "Get"}, "MalformedPolicy"), ({"Resource": "photos/*"}, "MalformedPolicy")],
)
def test_what_is_not_understood_is_refused_and_nothing_kept(fc, change, code):
    answer = put(fc, {"Statement": [say("Allow", "oss:GetObject") | change]})
    assert answer.status in (400, 501) and json.loads(answer.body)["error"]["code"] == code, answer.body
    assert json.loads(fc.send("GET", "/mayfly/v1/roles").body)["roles"] == []


def test_a_function_gives_itself_no_rights(fc, server):
    fc.make("limited", "tries", TRIES, timeout=30, memorySize=256)
    assert fc.invoke("limited", "tries", b"").result == b"403"


TRIES = """
import json, os, urllib.request, urllib.error, hmac, hashlib, base64
from email.utils import formatdate
def handler(event, context):
    keys, path, date = context.credentials, "/mayfly/v1/roles/limited", formatdate(usegmt=True)
    text = f"PUT\\n\\napplication/json\\n{date}\\nx-fc-security-token:{keys.security_token}\\n{path}"
    signature = base64.b64encode(hmac.new(keys.access_key_secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
    headers = {"Date": date, "Content-Type": "application/json", "x-fc-security-token": keys.security_token, "Authorization": f"FC {keys.access_key_id}:{signature}"}
    body = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}).encode()
    try:
        return str(urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:7400" + path, body, headers, method="PUT")).status)
    except urllib.error.HTTPError as e:
        return str(e.code)
"""
