"""Sends the photo, writes the pictures that come back, and says how long each call took.

show.py PHOTO OUT
"""

import io
import os
import sys
import time
import zipfile

import fc
from PIL import Image, ImageOps

WARM_CALLS = 5


def timed(client, photo):
    began = time.perf_counter()
    answer, headers = client.invoke("shop", "thumbs", photo)
    return (time.perf_counter() - began) * 1000, answer, headers


def line(path, picture):
    width, height = ImageOps.exif_transpose(picture).size
    print(f"  {path:<44} {width:>5} × {height:<5} {os.path.getsize(path) / 1024:>7.0f} KB")


def main(photo_path, out):
    with open(photo_path, "rb") as file:
        photo = file.read()
    client = fc.Client()
    cold_ms, answer, first = timed(client, photo)
    warm = sorted(timed(client, photo) for _ in range(WARM_CALLS))
    warm_ms, _, last = warm[WARM_CALLS // 2]

    line(photo_path, Image.open(photo_path))
    os.makedirs(out, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(answer)) as pack:
        pack.extractall(out)
        for name in pack.namelist():
            line(os.path.join(out, name), Image.open(os.path.join(out, name)))

    def inside(headers):
        return f"{headers['X-Fc-Invocation-Duration']:>4} ms in the function, {headers['X-Fc-Max-Memory-Usage']} MB at most"

    print(f"\n  first call, cold  {cold_ms:>6.0f} ms   {inside(first)}")
    print(f"  then, warm        {warm_ms:>6.0f} ms   {inside(last)}")


main(sys.argv[1], sys.argv[2])
