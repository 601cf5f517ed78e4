"""The command line as a process."""

import json
import os
import subprocess

from .server import PROGRAMS


class Cli:
    """Runs `mayfly` with only what it is told: no settings of the machine reach it."""

    def __init__(self, server, folder):
        self.folder = folder
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "MAYFLY_DATA": str(server.data)}

    def __call__(self, *words, code=0, environment=None, stdin=b"", seconds=60):
        done = subprocess.run(
            [PROGRAMS / "mayfly", *map(str, words)],
            cwd=self.folder,
            env=self.environment if environment is None else environment,
            input=stdin,
            capture_output=True,
            timeout=seconds,
        )
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout.decode(), done.stderr.decode()

    def json(self, *words, **options):
        return json.loads(self(*words, "-o", "json", **options)[0])

    def error(self, *words, code, **options):
        out, err = self(*words, "-o", "json", code=code, **options)
        assert out == "", out
        return json.loads(err)["error"]
