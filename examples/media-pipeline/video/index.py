"""A film stored under in/ becomes three renditions as HLS under out/NAME/: what a player asks for first is stored last."""

import json
import os
import pathlib
import subprocess
import tempfile

import boto3

SDK = boto3.session.Session()
RENDITIONS = {"480": "700k", "360": "400k", "240": "200k"}  # height: bit rate of the picture
TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t"}
FOREVER = "public, max-age=31536000, immutable"
SHORT = "public, max-age=60"  # a playlist may get longer


def store(keys):
    return SDK.client(
        "s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"], aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.access_key_secret, aws_session_token=keys.security_token,
    )  # fmt: skip


def run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise ValueError(f"{words[0]} cannot read this film: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout


def transcode(film, folder):
    """One ffmpeg reads the film once and writes every rendition."""
    split = f"[0:v]split={len(RENDITIONS)}" + "".join(f"[s{h}]" for h in RENDITIONS)
    scaled = "".join(f";[s{h}]scale=-2:{h}[v{h}]" for h in RENDITIONS)
    words = ["ffmpeg", "-v", "error", "-nostdin", "-i", film, "-filter_complex", split + scaled]
    for height, rate in RENDITIONS.items():
        words += ["-map", f"[v{height}]", "-map", "0:a?", "-c:v", "libx264", "-preset", "veryfast", "-b:v", rate]
        words += ["-maxrate", rate, "-bufsize", rate, "-g", "50", "-sc_threshold", "0", "-c:a", "aac", "-b:a", "64k"]
        words += ["-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod"]
        words += ["-hls_segment_filename", f"{folder}/{height}_%03d.ts", f"{folder}/{height}.m3u8"]
    run(*words)


def master(folder):
    lines = ["#EXTM3U", "#EXT-X-VERSION:3"]
    for height in RENDITIONS:
        first = f"{folder}/{height}_000.ts"
        shape = run("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height", "-of", "csv=p=0:s=x", first)
        size = os.path.getsize(first)
        lines += [f"#EXT-X-STREAM-INF:BANDWIDTH={size * 8},RESOLUTION={shape.split()[0]}", f"{height}.m3u8"]
    pathlib.Path(folder, "index.m3u8").write_text("\n".join(lines) + "\n")


def handler(event, context):
    objects = store(context.credentials)
    for one in json.loads(event)["events"]:
        bucket, key = one["oss"]["bucket"]["name"], one["oss"]["object"]["key"]
        name = pathlib.PurePosixPath(key).stem
        with tempfile.TemporaryDirectory() as folder:
            film = f"{folder}/film"
            objects.download_file(bucket, key, film)
            transcode(film, folder)
            master(folder)
            os.remove(film)
            files = sorted(pathlib.Path(folder).iterdir(), key=lambda f: (f.suffix == ".m3u8", f.name == "index.m3u8", f.name))
            for file in files:
                objects.put_object(
                    Bucket=bucket, Key=f"out/{name}/{file.name}", Body=file.read_bytes(),
                    ContentType=TYPES[file.suffix], CacheControl=FOREVER if file.suffix == ".ts" else SHORT,
                    ACL="public-read",
                )  # fmt: skip
