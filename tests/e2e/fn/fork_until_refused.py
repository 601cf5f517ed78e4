"""Makes processes until the kernel refuses, says how many there were, and lets them go."""

import errno
import json
import os
import signal


def handler(event, context):
    made = []
    try:
        while len(made) < 5000:
            pid = os.fork()
            if pid == 0:
                signal.pause()
            made.append(pid)
        refused = None
    except OSError as error:
        refused = errno.errorcode[error.errno]
    for pid in made:
        os.kill(pid, signal.SIGKILL)
    for pid in made:
        os.waitpid(pid, 0)
    return json.dumps({"made": len(made), "refused": refused})
