"""Many photos, several callers at once: what the use case promises, beside what was measured.

claims.py PHOTO HOW_MANY CALLERS

Each photo carries a square of its own colour, so that an answer given to the wrong caller is noticed.
"""

import concurrent.futures
import io
import sys
import threading
import zipfile

import fc
from PIL import Image, ImageOps

WIDTHS = {"800.jpg": 800, "400.jpg": 400, "200.jpg": 200, "marked.jpg": 800}
LEVELS = (32, 80, 128, 176, 224)  # 125 colours that survive JPEG


def color_of(number):
    return tuple(LEVELS[number // 5**digit % 5] for digit in range(3))


def photo_of(base, number):
    image = base.copy()
    image.paste(color_of(number), (0, 0, 300, 300))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


def is_right(pack, number):
    """All four pictures are there, whole, of the right width, and of this photo."""
    if set(pack.namelist()) != set(WIDTHS):
        return False
    for name, width in WIDTHS.items():
        image = Image.open(io.BytesIO(pack.read(name)))
        image.load()
        seen = image.getpixel((width // 12, width // 12))
        if image.width != width or any(abs(a - b) > 16 for a, b in zip(seen, color_of(number))):
            return False
    return True


class Drive:
    """Sends photos from several threads, each with a connection of its own."""

    def __init__(self, base, callers):
        self._base, self._callers = base, callers
        self._mine = threading.local()

    def call(self, number):
        if not hasattr(self._mine, "client"):
            self._mine.client = fc.Client()
        answer, headers = self._mine.client.invoke("shop", "thumbs", photo_of(self._base, number))
        with zipfile.ZipFile(io.BytesIO(answer)) as pack:
            return len(pack.namelist()), is_right(pack, number), headers

    def run(self, how_many):
        with concurrent.futures.ThreadPoolExecutor(self._callers) as pool:
            return list(pool.map(self.call, range(how_many)))


def claim(what, seed, measured, holds):
    print(f"CLAIM {what} · seed says {seed} · measured {measured} · {'PASS' if holds else 'FAIL'}", flush=True)
    return holds


def main(photo_path, how_many, callers):
    base = ImageOps.exif_transpose(Image.open(photo_path)).resize((1200, 800)).convert("RGB")
    answers = Drive(base, callers).run(how_many)

    pictures = sum(count for count, _, _ in answers)
    right = sum(ok for _, ok, _ in answers)
    workers = len({headers["X-Fc-Instance-Id"] for _, _, headers in answers})
    expected_ms = sum(-(-int(headers["X-Fc-Invocation-Duration"]) // 100) * 100 for _, _, headers in answers)
    bill = fc.Client().bill()["totals"]
    held = [
        claim("every photo becomes its sizes and a marked one", "different sizes, watermarks",
              f"{how_many} photos, {pictures} pictures, {right} sets right", right == how_many),
        claim("no call is lost or counted twice", "no manual intervention",
              f"{len(answers)} answered, {bill['invocations']} on the bill, {bill['errors']} errors",
              bill["invocations"] == how_many and bill["errors"] == 0),
        claim("workers follow the callers", "resources need not be pre-allocated",
              f"{callers} callers, {workers} workers, {bill['cold']} cold calls", 1 <= workers <= callers),
        claim("billed in 100 ms steps, for what ran", "pay for the resources used",
              f"{bill['billedMs']} ms billed, {expected_ms} ms by the answers", bill["billedMs"] == expected_ms),
    ]  # fmt: skip
    return 0 if all(held) else 1


sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
