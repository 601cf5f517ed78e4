"""The store as a client of the shop sees it: an unmodified S3 client.

Address and key come from the environment, as `eval "$(mayfly env)"` sets it.
"""

import os
import time

import boto3
import botocore.config

BUCKET = "photos"
PICTURES = ("800.jpg", "400.jpg", "200.jpg", "marked.jpg")


def client(**options):
    return boto3.client(
        "s3",
        endpoint_url=os.environ["AWS_ENDPOINT_URL"],
        config=botocore.config.Config(s3={"addressing_style": "path"}, **options),
    )


def keys(s3, prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return {one["Key"] for page in pages for one in page.get("Contents", [])}


def wait_for(condition, what, seconds=60.0, every=0.005):
    """The first truthy value of condition(); a poll, as the store tells functions of changes, not clients."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise SystemExit(f"after {seconds:.0f} s still not: {what}")
        time.sleep(every)
    return value
