"""The media examples: what they show, and what they promise."""

import re
import subprocess

from pages import ROOT


def run(example, program, *words):
    done = subprocess.run(
        [ROOT / "examples" / example / program, *words],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=250,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_pipeline_shows_what_viewers_get():
    shown = run("media-pipeline", "drive", "3")
    assert re.search(r"out/film0/index\.m3u8 +200  X-Cache: HIT +public, max-age=60 ", shown), shown
    assert re.search(r"out/picture0/page\.jpg +200  X-Cache: HIT +public, max-age=31536000, immutable ", shown), shown


def test_the_pipelines_promises_hold():
    shown = run("media-pipeline", "check", "4", "1")
    assert len(re.findall(r"^CLAIM .* PASS$", shown, re.M)) == 7, shown


def test_transcoding_shows_what_comes_of_a_film():
    shown = run("transcode-scale", "drive", "6")
    assert re.search(r"out/film/index\.m3u8 ", shown) and re.search(r"scale/part +9 +0 ", shown), shown


def test_transcodings_promises_hold():
    shown = run("transcode-scale", "check", "12")
    assert len(re.findall(r"^CLAIM .* PASS$", shown, re.M)) == 4, shown
