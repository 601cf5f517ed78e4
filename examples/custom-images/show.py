"""Stores the photo, waits for the pictures that appear beside it, fetches them, and says how long it took.

show.py PHOTO OUT
"""

import os
import sys
import time

import shop
from PIL import Image, ImageOps

WARM = 5


def timed(s3, photo, name):
    """From before the photo is stored to all its pictures being there."""
    wanted = {f"out/{name}/{picture}" for picture in shop.PICTURES}
    for key in wanted:  # of an earlier run
        s3.delete_object(Bucket=shop.BUCKET, Key=key)
    began = time.perf_counter()
    s3.put_object(Bucket=shop.BUCKET, Key=f"in/{name}.jpg", Body=photo)
    shop.wait_for(lambda: shop.keys(s3, f"out/{name}/") == wanted, f"the pictures of {name} are there")
    return (time.perf_counter() - began) * 1000


def line(path):
    width, height = ImageOps.exif_transpose(Image.open(path)).size
    print(f"  {path:<44} {width:>5} × {height:<5} {os.path.getsize(path) / 1024:>7.0f} KB")


def main(photo_path, out):
    with open(photo_path, "rb") as file:
        photo = file.read()
    s3 = shop.client()
    cold = timed(s3, photo, "photo")
    warm = sorted(timed(s3, photo, f"photo{n}") for n in range(WARM))[WARM // 2]

    line(photo_path)
    os.makedirs(out, exist_ok=True)
    for picture in shop.PICTURES:
        path = os.path.join(out, picture)
        s3.download_file(shop.BUCKET, f"out/photo/{picture}", path)
        line(path)
    print(f"\n  from the photo stored to its pictures stored, cold  {cold:>6.0f} ms")
    print(f"                                           then, warm  {warm:>6.0f} ms")


main(sys.argv[1], sys.argv[2])
