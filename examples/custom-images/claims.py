"""Many photos stored by several callers at once: what the use case promises, beside what was measured.

claims.py MAYFLY DATA PHOTO HOW_MANY CALLERS

Each photo carries a square of its own colour, so that a picture of another photo is noticed.
"""

import concurrent.futures
import io
import json
import re
import subprocess
import sys
import time

import shop
from PIL import Image, ImageOps

AT_ONCE = 4  # as mayfly.yaml says
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


def is_right(s3, number):
    """All four pictures of this photo are there, whole and of the right width."""
    for name, width in WIDTHS.items():
        body = s3.get_object(Bucket=shop.BUCKET, Key=f"out/{number}/{name}")["Body"].read()
        image = Image.open(io.BytesIO(body))
        image.load()
        seen = image.getpixel((width // 12, width // 12))
        if image.width != width or any(abs(a - b) > 16 for a, b in zip(seen, color_of(number))):
            return False
    return True


def mayfly(*words):
    done = subprocess.run([sys.argv[1], *words, "--data", sys.argv[2]], stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


def open_events():
    """How many events wait or run."""
    found = (json.loads(mayfly("events", "ls", "--status", status, "-o", "json")) for status in ("waiting", "running"))
    return sum(len(answer["events"]) for answer in found)


def claim(what, seed, measured, holds):
    print(f"CLAIM {what} · seed says {seed} · measured {measured} · {'PASS' if holds else 'FAIL'}", flush=True)
    return holds


def main(photo_path, how_many, callers):
    base = ImageOps.exif_transpose(Image.open(photo_path)).resize((1200, 800)).convert("RGB")
    s3 = shop.client(max_pool_connections=callers)
    photos = [photo_of(base, number) for number in range(how_many)]
    before = json.loads(mayfly("bill", "-o", "json"))["totals"]["cold"]
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(callers) as pool:
        list(pool.map(lambda n: s3.put_object(Bucket=shop.BUCKET, Key=f"in/{n}.jpg", Body=photos[n]), range(how_many)))
        stored = time.monotonic() - began
        wanted = {f"out/{number}/{name}" for number in range(how_many) for name in WIDTHS}
        shop.wait_for(lambda: shop.keys(s3, "out/") >= wanted, "every picture is there", seconds=300, every=0.1)
        took = time.monotonic() - began
        shop.wait_for(lambda: open_events() == 0, "the queue is empty", every=0.1)
        right = sum(pool.map(lambda n: is_right(s3, n), range(how_many)))

    pictures = shop.keys(s3, "out/")
    bill = json.loads(mayfly("bill", "-o", "json"))["totals"]
    log = mayfly("logs", "shop/thumbs", "-n", str(20 * how_many))
    billed = [int(ms) for ms in re.findall(r"Billed Duration: (\d+) ms", log)]
    workers = bill["cold"]  # each one's first call
    held = [
        claim("every photo becomes its sizes and a marked one", "different sizes, watermarks",
              f"{how_many} photos stored in {stored:.1f} s, {len(pictures)} pictures after {took:.1f} s, {right} sets right",
              right == how_many and pictures == wanted),
        claim("each photo runs the function once, no picture does", "no manual intervention",
              f"{how_many} photos and {len(pictures)} pictures in one bucket, {bill['invocations']} calls, {bill['errors']} errors",
              bill["invocations"] == how_many and bill["errors"] == 0),
        claim("workers come when photos come, as many as may run at once", "resources need not be pre-allocated",
              f"{callers} callers, {before} workers before, {workers} made", before == 0 and 1 <= workers <= AT_ONCE),
        claim("billed in 100 ms steps, for what ran", "pay for the resources used",
              f"{bill['billedMs']} ms billed, {sum(billed)} ms by the {len(billed)} lines of its log",
              bill["billedMs"] == sum(billed) and all(ms % 100 == 0 for ms in billed)),
    ]  # fmt: skip
    return 0 if all(held) else 1


sys.exit(main(sys.argv[3], int(sys.argv[4]), int(sys.argv[5])))
