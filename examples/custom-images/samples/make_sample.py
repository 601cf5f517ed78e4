#!/usr/bin/python3
"""Paints a photo that is nobody's: a lake at dusk, 2400 by 1600, the same every time.

Like a phone held sideways it stores the picture lying on its side, with an EXIF note how to turn it.

    make_sample.py OUT.jpg
"""

import random
import sys

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

WIDTH, HEIGHT = 2400, 1600
HORIZON = 1010
SUN = (2130, 660)


def gradient(stops, height=HEIGHT):
    """A picture whose rows go through colours: [(row, (r, g, b)), ...]."""
    column = Image.new("RGB", (1, height))
    for (y0, c0), (y1, c1) in zip(stops, stops[1:]):
        for y in range(y0, y1):
            t = (y - y0) / (y1 - y0)
            column.putpixel((0, y), tuple(round(a + (b - a) * t) for a, b in zip(c0, c1)))
    return column.resize((WIDTH, height))


def plasma(rng, size, cells, octaves=6, stretch=1):
    """Cloudy noise in greys: random grids, each twice as fine and half as strong as the one before."""
    total = Image.new("L", size, 128)
    for octave in range(octaves):
        nx, ny = cells * 2**octave, max(2, cells * stretch * 2**octave * size[1] // size[0])
        grid = Image.frombytes("L", (nx, ny), rng.randbytes(nx * ny)).resize(size, Image.BICUBIC)
        total = Image.blend(total, grid, 0.5) if octave == 0 else ImageChops.add(
            total, grid.point(lambda v, k=2**octave: v // (2 * k)), 1, -128 // (2 * 2**octave))
    return total


def ridge(rng, base, height, roughness):
    """The outline of a mountain range by halving: one y for each x."""
    points = [base, base]
    while len(points) < WIDTH:
        finer = []
        for left, right in zip(points, points[1:]):
            finer += [left, (left + right) / 2 + rng.uniform(-height, height)]
        points = finer + [points[-1]]
        height *= roughness
    step = (len(points) - 1) / (WIDTH - 1)
    return [points[round(x * step)] for x in range(WIDTH)]


def shape(outline, bottom):
    mask = Image.new("L", (WIDTH, HEIGHT))
    ImageDraw.Draw(mask).polygon([(0, bottom), *enumerate(outline), (WIDTH, bottom)], fill=255)
    return mask.filter(ImageFilter.GaussianBlur(1))


def glow(center, radius, strength):
    """Light around a point, in greys."""
    disc = ImageOps.invert(Image.radial_gradient("L")).resize((2 * radius, 2 * radius), Image.BICUBIC)
    disc = disc.point(lambda v: round(255 * strength * max(0, (v - 75) / 180) ** 2.2))
    light = Image.new("L", (WIDTH, HEIGHT))
    light.paste(disc, (center[0] - radius, center[1] - radius))
    return light


def lit(image, color, light):
    return ImageChops.screen(image, ImageChops.multiply(Image.new("RGB", image.size, color), light.convert("RGB")))


def sky(rng):
    image = gradient([(0, (28, 42, 86)), (430, (92, 96, 146)), (760, (222, 146, 128)),
                      (HORIZON, (252, 204, 148)), (HEIGHT, (252, 204, 148))])
    clouds = plasma(rng, (WIDTH, HEIGHT), 3, stretch=4).point(lambda v: max(0, min(255, (v - 128) * 5)))
    clouds = ImageChops.multiply(clouds, gradient([(0, (150,) * 3), (700, (255,) * 3), (HEIGHT, (0,) * 3)]).convert("L"))
    image.paste(gradient([(0, (72, 74, 116)), (500, (168, 118, 140)), (850, (255, 186, 140)),
                          (HEIGHT, (255, 214, 170))]), mask=clouds)
    image = lit(image, (255, 190, 120), glow(SUN, 1100, 0.85))
    image = lit(image, (255, 236, 200), glow(SUN, 260, 1.0))
    return image


def land(rng, image):
    """Ranges from far and pale to near and dark, with mist at their feet."""
    ranges = [(HORIZON - 250, 190, 0.50, (150, 120, 148)), (HORIZON - 150, 150, 0.53, (104, 86, 122)),
              (HORIZON - 70, 110, 0.55, (62, 56, 92)), (HORIZON - 12, 46, 0.58, (26, 28, 52))]
    for base, height, roughness, color in ranges:
        outline = [min(y, HORIZON) for y in ridge(rng, base, height, roughness)]
        rock = plasma(rng, (WIDTH, HEIGHT), 12, octaves=5)
        body = ImageOps.colorize(rock, tuple(c * 3 // 4 for c in color), tuple(min(255, c * 5 // 4) for c in color))
        image.paste(body, mask=shape(outline, HORIZON))
        mist = gradient([(0, (0,) * 3), (HORIZON - 170, (0,) * 3), (HORIZON, (84,) * 3), (HEIGHT, (0,) * 3)]).convert("L")
        image.paste((250, 200, 168), mask=ImageChops.multiply(mist, shape(outline, HORIZON)))
    return image


def trees(rng, image):
    """Firs on the near shore, left and right."""
    draw = ImageDraw.Draw(image)
    for _ in range(300):
        edge = rng.triangular(0, 900, 0)
        x = edge if rng.random() < 0.6 else WIDTH - edge * 0.55
        tall = rng.uniform(50, 150) * max(0.25, 1.25 - edge / 800)
        foot = HORIZON + rng.uniform(-2, 8)
        shade = rng.randint(8, 26)
        for k in range(9):
            y = foot - tall * (1 - k / 9)
            half = (k + 1.4) * tall / 44 * rng.uniform(0.8, 1.2)
            draw.polygon([(x, y - tall / 9), (x - half, y + tall / 7), (x + half, y + tall / 7)],
                         fill=(shade, shade + 6, shade + 22))
    return image


def water(rng, image):
    """The lower part mirrors the upper one, broken by ripples that widen towards us."""
    depth = HEIGHT - HORIZON
    mirror = ImageOps.flip(image.crop((0, HORIZON - depth, WIDTH, HORIZON)))
    lake = Image.new("RGB", (WIDTH, depth))
    drift = 0.0
    for y in range(depth):
        near = y / depth
        drift = 0.86 * drift + rng.uniform(-1, 1) * (1 + 9 * near)
        source = min(depth - 1, max(0, round(y + rng.uniform(-1, 1) * (2 + 26 * near))))
        row = mirror.crop((0, source, WIDTH, source + 1))
        lake.paste(ImageChops.offset(row, round(drift), 0), (0, y))
    lake = lake.filter(ImageFilter.BoxBlur(1.2))
    tint = gradient([(0, (226, 214, 226)), (depth, (92, 104, 146))], depth)
    lake = ImageChops.multiply(lake, tint)
    ripples = plasma(rng, (WIDTH, depth), 4, octaves=7, stretch=12)
    lake = ImageChops.overlay(lake, Image.blend(Image.new("L", lake.size, 128), ripples, 0.45).convert("RGB"))
    image.paste(lake, (0, HORIZON))
    return image


def developed(rng, image):
    """What a lens and a sensor add: dark corners, grain."""
    corners = ImageOps.invert(Image.radial_gradient("L")).resize(image.size, Image.BICUBIC)
    image = ImageChops.multiply(image, corners.point(lambda v: min(255, 185 + v)).convert("RGB"))
    grain = Image.frombytes("L", image.size, rng.randbytes(WIDTH * HEIGHT)).filter(ImageFilter.GaussianBlur(0.8))
    return ImageChops.overlay(image, Image.blend(Image.new("L", image.size, 128), grain, 0.13).convert("RGB"))


def main(out):
    rng = random.Random(7400)
    picture = developed(rng, water(rng, trees(rng, land(rng, sky(rng)))))
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees clockwise to see it upright
    exif[0x010F], exif[0x0110] = "Mayfly", "make_sample.py"
    picture.rotate(90, expand=True).save(out, "JPEG", quality=90, exif=exif)


main(sys.argv[1])
