"""Debian's boto3 inside a function: nothing is configured but what the platform gives it."""

import json
import os

import boto3
import botocore.client
import botocore.config
import botocore.exceptions


def client(keys, signature, token=None):
    return boto3.client(
        "s3",
        endpoint_url=os.environ["AWS_ENDPOINT_URL"],
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.access_key_secret,
        aws_session_token=keys.security_token if token is None else token,
        config=botocore.config.Config(
            s3={"addressing_style": "path"}, signature_version=signature, retries={"max_attempts": 0}
        ),
    )


def outcome(act, **wanted):
    try:
        act(**wanted)
        return "done"
    except botocore.exceptions.ClientError as e:
        return e.response["Error"]["Code"]


def handler(event, context):
    wanted = json.loads(event)
    bucket, key = wanted["bucket"], wanted.get("key", "k")
    s3 = client(context.credentials, wanted.get("signature", "s3v4"), wanted.get("token"))
    if "read" in wanted:
        return outcome(s3.get_object, Bucket=bucket, Key=wanted["read"])
    s3.put_object(Bucket=bucket, Key=key, Body=b"x" * 100_000, Metadata={"by": "me"})
    part = s3.get_object(Bucket=bucket, Key=key, Range="bytes=5-9")["Body"].read().decode()
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=60)
    buckets = [one["Name"] for one in s3.list_buckets()["Buckets"]]
    s3.delete_object(Bucket=bucket, Key=key)
    refused = outcome(s3.delete_bucket, Bucket=bucket)
    return json.dumps({"part": part, "url": url, "buckets": buckets, "refused": refused})
