"""Makes the pictures a shop shows of one product photo.

The event is the photo itself, a JPEG. The answer is a zip with one JPEG for each width in WIDTHS and
`marked.jpg`, the largest of them with the seller's MARK on it. Photos are turned upright first (phones
store them as the sensor saw them), never enlarged, and lose what their camera wrote into them.
"""

import io
import os
import zipfile

from PIL import Image, ImageDraw, ImageFont, ImageOps

WIDTHS = sorted(map(int, os.environ["WIDTHS"].split()), reverse=True)
MARK = os.environ["MARK"]
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


def handler(event, context):
    image = upright(event, WIDTHS[0])
    ratio = image.height / image.width
    made = {}
    for width in WIDTHS:
        image = narrowed(image, width, ratio)  # each from the one above it: less work, the same picture
        made[f"{width}.jpg"] = jpeg(image)
        if width == WIDTHS[0]:
            made["marked.jpg"] = jpeg(marked(image, MARK))
    answer = io.BytesIO()
    with zipfile.ZipFile(answer, "w") as pack:
        for name, picture in made.items():
            pack.writestr(name, picture)
    context.logger.info("%d bytes in, %d pictures out", len(event), len(made))
    return answer.getvalue()
