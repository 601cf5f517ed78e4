"""Makes a picture smaller with Pillow, in memory and through /tmp."""

import io

from PIL import Image


def handler(event, context):
    big = Image.open(io.BytesIO(event)) if event else Image.new("RGB", (400, 300), (200, 30, 30))
    big.thumbnail((100, 100))
    big.save("/tmp/small.jpg", "JPEG")
    out = io.BytesIO()
    Image.open("/tmp/small.jpg").save(out, "PNG")
    return out.getvalue()
