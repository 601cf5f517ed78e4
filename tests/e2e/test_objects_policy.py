"""Policies of buckets: what they allow to others, and deny to the owner's own keys and functions."""

import json
import urllib.error
import urllib.request

import botocore.exceptions
import pytest

from support.packages import function
from support.s3 import client

OWNER = "1000000000000001"
ROLE = f"acs:ram::{OWNER}:role/thumbs"


@pytest.fixture(scope="module")
def s3(server):
    made = client(server)
    made.create_bucket(Bucket="photos")
    for key in ("in/a", "in/b", "out/a", "out/é"):
        made.put_object(Bucket="photos", Key=key, Body=key.encode())
    return made


@pytest.fixture(scope="module")
def theirs(server):
    key = json.loads(server.client().send("POST", "/mayfly/v1/accounts", b'{"name": "other"}').body)
    made = client(server, key_id=key["accessKeyId"], secret=key["accessKeySecret"])
    made.account = key["accountId"]
    return made


@pytest.fixture(autouse=True)
def no_policy_stays(s3):
    yield
    s3.delete_bucket_policy(Bucket="photos")


def put(s3, *statements):
    s3.put_bucket_policy(Bucket="photos", Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))


def say(effect, principal, action, resource="arn:aws:s3:::photos/*"):
    return {"Effect": effect, "Principal": principal, "Action": action, "Resource": resource}


def outcome(act, **wanted):
    try:
        act(Bucket="photos", **wanted)
        return "done"
    except botocore.exceptions.ClientError as e:
        return e.response["Error"]["Code"]


def fetched(server, key):
    try:
        with urllib.request.urlopen(f"{server.objects}/photos/{key}", timeout=10) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code


def test_a_part_of_a_bucket_is_open_to_everyone(s3, server):
    assert fetched(server, "out/a") == 403
    put(s3, say("Allow", "*", "s3:GetObject", "arn:aws:s3:::photos/out/*"))
    assert fetched(server, "out/a") == "out/a" and fetched(server, "out/%C3%A9") == "out/é"
    assert fetched(server, "in/a") == 403
    assert json.loads(s3.get_bucket_policy(Bucket="photos")["Policy"])["Statement"][0]["Action"] == "s3:GetObject"
    s3.delete_bucket_policy(Bucket="photos")
    assert fetched(server, "out/a") == 403
    with pytest.raises(botocore.exceptions.ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket="photos")


def test_another_account_may_do_what_it_is_allowed(s3, theirs):
    assert outcome(theirs.list_objects_v2) == "AccessDenied"
    put(
        s3,
        say("Allow", {"AWS": f"arn:aws:iam::{theirs.account}:root"}, ["s3:ListBucket", "s3:GetObject"], ["arn:aws:s3:::photos", "arn:aws:s3:::photos/*"]),
        say("Allow", {"AWS": [theirs.account]}, "oss:PutObject", f"acs:oss:*:{OWNER}:photos/inbox/*"),
    )
    assert outcome(theirs.list_objects_v2) == "done"
    assert outcome(theirs.get_object, Key="in/a") == "done"
    assert outcome(theirs.put_object, Key="inbox/x", Body=b"x") == "done"
    assert outcome(theirs.put_object, Key="in/a", Body=b"x") == "AccessDenied"
    assert outcome(theirs.delete_object, Key="inbox/x") == "AccessDenied"
    assert outcome(theirs.put_bucket_policy, Policy="{}") == "AccessDenied"
    theirs.create_bucket(Bucket="their-own")
    theirs.copy_object(Bucket="their-own", Key="a", CopySource="photos/in/a")
    s3.delete_object(Bucket="photos", Key="inbox/x")


def test_denial_binds_the_owner_too_but_for_the_policy_itself(s3):
    put(s3, say("Deny", "*", "s3:*", ["arn:aws:s3:::photos", "arn:aws:s3:::photos/*"]))
    assert outcome(s3.get_object, Key="in/a") == "AccessDenied"
    assert outcome(s3.list_objects_v2) == "AccessDenied"
    s3.delete_bucket_policy(Bucket="photos")
    assert outcome(s3.get_object, Key="in/a") == "done"


def test_of_many_keys_only_those_that_may_are_deleted(s3):
    for key in ("kept/1", "gone/1"):
        s3.put_object(Bucket="photos", Key=key, Body=b"x")
    put(s3, say("Deny", "*", "s3:DeleteObject", "arn:aws:s3:::photos/kept/*"))
    answer = s3.delete_objects(Bucket="photos", Delete={"Objects": [{"Key": "kept/1"}, {"Key": "gone/1"}]})
    assert [(e["Key"], e["Code"]) for e in answer["Errors"]] == [("kept/1", "AccessDenied")]
    assert [d["Key"] for d in answer["Deleted"]] == ["gone/1"]
    assert outcome(s3.head_object, Key="kept/1") == "done" and outcome(s3.head_object, Key="gone/1") == "404"


def test_a_services_role_limits_its_functions(s3, server):
    fc = server.client()
    for service, role in (("thumbs", ROLE), ("free", f"acs:ram::{OWNER}:role/free")):
        assert fc.json("POST", "services", {"serviceName": service, "role": role}).status == 200
        fc.make(service, "f", function("objects_inside"), timeout=30, memorySize=256)

    def ask(service, **wanted):
        return fc.invoke(service, "f", json.dumps({"bucket": "photos", **wanted})).body.decode()

    put(s3, say("Deny", {"AWS": f"arn:aws:iam::{OWNER}:role/thumbs"}, "s3:GetObject", "arn:aws:s3:::photos/in/*"))
    assert ask("thumbs", read="in/a") == "AccessDenied" and ask("thumbs", read="out/a") == "done"
    assert ask("free", read="in/a") == "done" and outcome(s3.get_object, Key="in/a") == "done"
    put(s3, say("Deny", [ROLE], ["oss:Put*"], f"acs:oss:*:{OWNER}:photos/*"))
    assert "AccessDenied" in ask("thumbs", key="new") and '"part"' in ask("free", key="new")
    fc.close()


@pytest.mark.parametrize(
    "change, code",
    [
        ({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, "NotImplemented"),
        ({"NotPrincipal": "*"}, "NotImplemented"),
        ({"Effect": "Perhaps"}, "MalformedPolicy"),
        ({"Resource": "arn:aws:s3:::others/*"}, "MalformedPolicy"),
        ({"Action": "ec2:RunInstances"}, "MalformedPolicy"),
    ],
)
def test_what_is_not_understood_is_refused_and_nothing_kept(s3, change, code):
    document = json.dumps({"Statement": [say("Allow", "*", "s3:GetObject") | change]})
    assert outcome(s3.put_bucket_policy, Policy=document) == code
    assert outcome(s3.get_bucket_policy) == "NoSuchBucketPolicy"
