"""Makes the pictures a shop shows of one product photo.

A photo that is stored under in/ runs it. What it makes is stored under out/NAME/: one JPEG for each width
in WIDTHS and `marked.jpg`, the largest of them with the seller's MARK on it. Photos are turned upright first
(phones store them as the sensor saw them), never enlarged, and lose what their camera wrote into them.
"""

import io
import json
import os
import pathlib

import boto3
from PIL import Image, ImageDraw, ImageFont, ImageOps

WIDTHS = sorted(map(int, os.environ["WIDTHS"].split()), reverse=True)
MARK = os.environ["MARK"]
SDK = boto3.session.Session()  # reads its models once
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"


def upright(photo, least):
    """The photo as people see it; a JPEG is decoded only as finely as `least` pixels a side need."""
    image = Image.open(io.BytesIO(photo))
    image.draft("RGB", (least, least))
    return ImageOps.exif_transpose(image).convert("RGB")


def narrowed(image, width, ratio):
    width = min(width, image.width)
    return image.resize((width, max(1, round(width * ratio))), Image.LANCZOS)


def marked(image, text):
    """A copy with the text across its lower right corner, readable on light and dark."""
    size = max(12, image.width // 20)
    font = ImageFont.truetype(FONT, size)
    layer = Image.new("RGBA", image.size)
    ImageDraw.Draw(layer).text(
        (image.width - size // 2, image.height - size // 2), text, font=font, anchor="rs",
        fill=(255, 255, 255, 190), stroke_width=max(1, size // 12), stroke_fill=(0, 0, 0, 90),
    )  # fmt: skip
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def jpeg(image):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85, optimize=True)
    return out.getvalue()


def pictures_of(photo):
    """Name and bytes of each picture."""
    image = upright(photo, WIDTHS[0])
    ratio = image.height / image.width
    for width in WIDTHS:
        image = narrowed(image, width, ratio)  # each from the one above it: less work, the same picture
        yield f"{width}.jpg", jpeg(image)
        if width == WIDTHS[0]:
            yield "marked.jpg", jpeg(marked(image, MARK))


def store(keys):
    """The object store, with the keys that the platform gave this call."""
    return SDK.client(
        "s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"], aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.access_key_secret, aws_session_token=keys.security_token,
    )  # fmt: skip


def handler(event, context):
    objects = store(context.credentials)
    for one in json.loads(event)["events"]:
        bucket, key = one["oss"]["bucket"]["name"], one["oss"]["object"]["key"]
        photo = objects.get_object(Bucket=bucket, Key=key)["Body"].read()
        for name, picture in pictures_of(photo):
            place = f"out/{pathlib.PurePosixPath(key).stem}/{name}"
            objects.put_object(Bucket=bucket, Key=place, Body=picture, ContentType="image/jpeg")
        context.logger.info("%s: %d bytes in, %d pictures out", key, len(photo), len(WIDTHS) + 1)
