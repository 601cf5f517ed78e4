"""The media examples: what they show, and what they promise."""

import re

from examples import check_where_others_run, kept, run

SECONDS = 250  # films are transcoded


def test_the_pipeline_shows_what_viewers_get():
    shown = run("media-pipeline", "drive", 3, seconds=SECONDS)
    assert re.search(r"out/film0/index\.m3u8 +200  X-Cache: HIT +public, max-age=60 ", shown), shown
    assert re.search(r"out/picture0/page\.jpg +200  X-Cache: HIT +public, max-age=31536000, immutable ", shown), shown


def test_the_pipelines_promises_hold():
    shown = run("media-pipeline", "check", 4, 1, seconds=SECONDS)
    assert kept(shown) == 7, shown


def test_transcoding_shows_what_comes_of_a_film():
    shown = run("transcode-scale", "drive", 6, seconds=SECONDS)
    assert re.search(r"out/film/index\.m3u8 ", shown) and re.search(r"scale/part +9 +0 ", shown), shown


def test_transcodings_promises_hold():
    check_where_others_run("transcode-scale", 12, claims=4, of_time="transcoding scales with its calls$")
