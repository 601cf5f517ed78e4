"""A text stored under in/ becomes a page of the index: each word's count, under index/NAME.json."""

import collections
import json
import os
import pathlib
import re

import boto3

SDK = boto3.session.Session()


def store(keys):
    return SDK.client(
        "s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"], aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.access_key_secret, aws_session_token=keys.security_token,
    )  # fmt: skip


def handler(event, context):
    objects = store(context.credentials)
    for one in json.loads(event)["events"]:
        bucket, key = one["oss"]["bucket"]["name"], one["oss"]["object"]["key"]
        text = objects.get_object(Bucket=bucket, Key=key)["Body"].read().decode()  # what is no text fails here
        words = collections.Counter(word.lower() for word in re.findall(r"\w+", text))
        page = json.dumps({"key": key, "words": dict(words.most_common())}, ensure_ascii=False)
        name = f"index/{pathlib.PurePosixPath(key).stem}.json"
        objects.put_object(Bucket=bucket, Key=name, Body=page.encode(), ContentType="application/json")
