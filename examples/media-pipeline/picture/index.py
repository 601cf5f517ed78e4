"""A picture stored under in/ gets a size for the page and one for the list, marked, under out/NAME/."""

import io
import json
import os
import pathlib

import boto3
from PIL import Image, ImageDraw, ImageOps

SDK = boto3.session.Session()
WIDTHS = {"page.jpg": 960, "list.jpg": 240}
FOREVER = "public, max-age=31536000, immutable"  # a name never gets other bytes


def store(keys):
    return SDK.client(
        "s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"], aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.access_key_secret, aws_session_token=keys.security_token,
    )  # fmt: skip


def jpeg(image, width):
    small = image.resize((width, max(1, image.height * width // image.width)), Image.LANCZOS)
    ImageDraw.Draw(small).text((8, small.height - 18), "mayfly media", fill=(255, 255, 255))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=85)
    return out.getvalue()


def handler(event, context):
    objects = store(context.credentials)
    for one in json.loads(event)["events"]:
        bucket, key = one["oss"]["bucket"]["name"], one["oss"]["object"]["key"]
        name = pathlib.PurePosixPath(key).stem
        photo = objects.get_object(Bucket=bucket, Key=key)["Body"].read()
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(photo))).convert("RGB")
        for file, width in WIDTHS.items():
            objects.put_object(
                Bucket=bucket, Key=f"out/{name}/{file}", Body=jpeg(image, width),
                ContentType="image/jpeg", CacheControl=FOREVER, ACL="public-read",
            )  # fmt: skip
