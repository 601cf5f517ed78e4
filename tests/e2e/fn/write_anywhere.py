"""Tries to write where a function must not, and says what happened at each place."""

import errno
import json
import os

PLACES = (
    "/ /code /code/index.py /usr /usr/bin/python3 /etc /etc/passwd /rt /rt/python/shim.py /opt /dev /dev/null/x "
    "/proc /proc/self/oom_score_adj /bin/sh /lib /root /home /var"
).split()


def attempt(place):
    target = os.path.join(place, "planted") if os.path.isdir(place) else place
    try:
        with open(target, "ab") as file:
            file.write(b"x")
        return "written"
    except OSError as error:
        return errno.errorcode[error.errno]


def handler(event, context):
    return json.dumps({place: attempt(place) for place in PLACES})
