"""The packages of node_modules/ beside the tests, as package.json and its lock file pin them."""

import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent.parent


def _found_from(packages, user, name):
    """Where Node.js finds `name` when `user` asks for it: the nearest node_modules above."""
    above = user
    while True:
        place = f"{above}/node_modules/{name}".lstrip("/")
        if place in packages:
            return place
        if not above:
            return None
        above = above.rpartition("node_modules/")[0].rstrip("/")


def files_of(*names):
    """{path below node_modules: bytes} of these packages and all they need."""
    packages = json.loads((HERE / "package-lock.json").read_text())["packages"]
    needed, waiting = set(), [("", name) for name in names]
    while waiting:
        user, name = waiting.pop()
        place = _found_from(packages, user, name)
        if place and place not in needed:
            needed.add(place)
            waiting += [(place, other) for other in packages[place].get("dependencies", {})]
    files = {}
    for place in needed:
        for path in (HERE / place).rglob("*"):
            inner = path.relative_to(HERE / place).parts
            if path.is_file() and "node_modules" not in inner:
                files[str(path.relative_to(HERE / "node_modules"))] = path.read_bytes()
    return files
