"""The image example, from outside: what `./dev run` shows, and the pictures themselves."""

import os
import re
import subprocess

import pytest
from pages import ROOT
from PIL import Image

EXAMPLE = ROOT / "examples/custom-images"
UPRIGHT = 2400 / 1600


def run(*words):
    environment = os.environ | {"NO_COLOR": "1"}
    done = subprocess.run(
        words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_it_shows_what_came_back_and_leaves_nothing_running(tmp_path):
    shown = run(EXAMPLE / "run", "--once", "--port", "0", "--data", tmp_path)
    for name, width in {"800": 800, "400": 400, "200": 200, "marked": 800}.items():
        picture = Image.open(EXAMPLE / "out" / f"{name}.jpg")
        picture.load()
        assert picture.width == width
        assert picture.width / picture.height == pytest.approx(UPRIGHT, abs=0.01)
        assert re.search(rf"out/{name}\.jpg +{picture.width} × {picture.height} ", shown), shown
    assert "pictures stored, cold" in shown and "then, warm" in shown
    assert re.search(r"^  Duration: .* ms, Billed Duration: 100 ms|Billed Duration: \d+00 ms", shown, re.M), shown
    assert re.search(r"shop/thumbs +6 +0 ", shown), shown
    assert not (tmp_path / "lock").exists() or not is_locked(tmp_path / "lock")


def is_locked(file):
    return subprocess.run(["flock", "-n", file, "true"], check=False).returncode != 0


def test_the_mark_is_on_the_marked_one_only():
    plain, marked = (Image.open(EXAMPLE / "out" / f"{name}.jpg").convert("L") for name in ("800", "marked"))
    corner = (500, plain.height - 60, 800, plain.height)
    assert sum(plain.crop(corner).histogram()[200:]) < 50
    assert sum(marked.crop(corner).histogram()[200:]) > 1000
    top = (0, 0, 800, 300)
    differ = [abs(a - b) for a, b in zip(plain.crop(top).getdata(), marked.crop(top).getdata())]
    assert max(differ) < 40


def test_it_shows_one_photo_and_its_pictures():
    shown = run(EXAMPLE / "drive")
    assert re.search(r"out/photo/marked\.jpg", shown) and re.search(r"shop/thumbs +6 +0 ", shown), shown


def test_its_promises_hold():
    shown = run(EXAMPLE / "check", "16", "4")
    assert len(re.findall(r"^CLAIM .* PASS$", shown, re.M)) == 4, shown
