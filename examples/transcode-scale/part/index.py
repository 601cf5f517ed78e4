"""Transcodes one part of a film to one height: a segment of HLS."""

import json
import os
import subprocess
import tempfile

import boto3

SDK = boto3.session.Session()
RATES = {"480": "700k", "360": "400k", "240": "200k"}


def store(keys):
    return SDK.client(
        "s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"], aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.access_key_secret, aws_session_token=keys.security_token,
    )  # fmt: skip


def run(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True).stdout


def handler(event, context):
    wanted = json.loads(event)
    objects = store(context.credentials)
    height = wanted["height"]
    name = f"{height}_{wanted['number']:04}.ts"
    with tempfile.TemporaryDirectory() as folder:
        part, made = f"{folder}/part.mp4", f"{folder}/{name}"
        objects.download_file(wanted["bucket"], wanted["part"], part)
        run("ffmpeg", "-v", "error", "-nostdin", "-threads", "1", "-i", part, "-vf", f"scale=-2:{height}", "-c:v", "libx264",
            "-threads", "1", "-preset", "veryfast", "-b:v", RATES[height], "-c:a", "aac", "-b:a", "64k", "-f", "mpegts", made)  # fmt: skip
        about = json.loads(run("ffprobe", "-v", "error", "-show_entries", "stream=width,height:format=duration", "-of", "json", made))
        picture = next(one for one in about["streams"] if "width" in one)
        objects.upload_file(made, wanted["bucket"], wanted["out"] + name, ExtraArgs={"ContentType": "video/mp2t"})
        return json.dumps(
            {
                "number": wanted["number"],
                "height": height,
                "name": name,
                "bytes": os.path.getsize(made),
                "seconds": float(about["format"]["duration"]),
                "shape": f"{picture['width']}x{picture['height']}",
            }
        )
