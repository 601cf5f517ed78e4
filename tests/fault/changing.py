"""Functions that change while they are called, and which of their revisions an answer may be of."""

import dataclasses
import math
import random
import time

from support import java
from support.packages import FUNCTIONS, as_code, zip_of

KEPT_SECONDS = 300  # a state that ended before is no call's any more


def _files(name):
    return {name: (FUNCTIONS / "soak" / name).read_bytes()}


# Language: what it needs to be created, and the files beside version.txt.
LANGUAGES = {
    "python": ({"runtime": "python3", "handler": "index.handler"}, lambda: _files("index.py")),
    "nodejs": ({"runtime": "nodejs20", "handler": "index.handler"}, lambda: _files("index.js")),
    "java": ({"runtime": "java17", "handler": "Index::handleRequest", "memorySize": 256}, lambda: java.function("soak/Index.java")),
    "custom": ({"runtime": "custom", "handler": "none"}, lambda: _files("bootstrap")),
}
USUAL = {"memorySize": 128, "timeout": 60}


@dataclasses.dataclass
class State:
    """A revision, or that there is no function; current from when it was asked for at the earliest to when
    the change to another was acknowledged at the latest."""

    version: str | None  # "code environment", as the function answers
    since: float
    until: float = math.inf


class Changing:
    """One function. Changed by one thread, which owns all but `allows`; called by any."""

    def __init__(self, language, service, name, seed):
        self.language, self.service, self.name = language, service, name
        self.path = f"services/{service}/functions/{name}"
        self.random = random.Random(seed)
        self.states = [State(None, -math.inf)]
        self.code = self.environment = 0
        self.numbers = 0

    def allows(self, version, begun, ended):
        """Whether that was current at some moment between the two."""
        return any(s.version == version and s.since <= ended and s.until >= begun for s in list(self.states))

    def change(self, client, rival):
        """One change, chosen by chance, which the server must agree to. Gives its name, and what was wrong if anything."""
        if self.states[-1].version is None:
            return "create", self._create(client)
        kind = self.random.choices(("environment", "code", "both", "rivals", "delete"), (40, 20, 15, 10, 15))[0]
        if kind == "rivals":
            return kind, self._rivals(client, rival)
        if kind == "delete":
            return kind, self.delete(client)
        wanted = {}
        if kind != "environment":
            wanted.update(self._new_code())
        if kind != "code":
            wanted.update(self._new_environment())
        self._ask(f"{self.code} {self.environment}")
        return kind, self._settle(client.json("PUT", self.path, wanted), 200)

    def delete(self, client):
        self._ask(None)
        return self._settle(client.send("DELETE", self.path), 204)

    def _create(self, client):
        wanted = {**USUAL, **LANGUAGES[self.language][0], "functionName": self.name, **self._new_code(), **self._new_environment()}
        self._ask(f"{self.code} {self.environment}")
        return self._settle(client.json("POST", f"services/{self.service}/functions", wanted), 200)

    def _rivals(self, client, rival):
        """Two changes at once: one at least is made, and only the other may be told that it was in the way."""
        asked = {}
        for connection in (client, rival):
            change = self._new_environment()
            asked[connection] = self._ask(f"{self.code} {self.environment}")
            connection.json("PUT", self.path, change, later=True)
        answers = {connection: connection.end() for connection in asked}
        refused = [connection for connection, answer in answers.items() if answer.status != 200]
        if len(refused) == 2 or any(answers[c].error != "409 ConcurrentUpdateError" for c in refused):
            return [(answer.status, answer.body) for answer in answers.values()]
        for connection in refused:
            self.states.remove(asked[connection])
        current = client.send("GET", self.path).json["environmentVariables"]["VERSION"]
        self.environment = int(current)
        self.states.sort(key=lambda state: state.version == f"{self.code} {current}")  # stable: the current one is last
        return self._end_earlier()

    def _new_code(self):
        self.numbers += 1
        self.code = self.numbers
        return {"code": as_code(zip_of({**LANGUAGES[self.language][1](), "version.txt": str(self.code)}))}

    def _new_environment(self):
        self.numbers += 1
        self.environment = self.numbers
        return {"environmentVariables": {"VERSION": str(self.environment)}}

    def _ask(self, version):
        self.states.append(State(version, time.monotonic()))
        return self.states[-1]

    def _settle(self, answer, wanted):
        if answer.status != wanted:
            return (answer.status, answer.body)
        return self._end_earlier()

    def _end_earlier(self):
        now = time.monotonic()
        for state in self.states[:-1]:
            state.until = min(state.until, now)
        self.states = [state for state in self.states if state.until > now - KEPT_SECONDS]
        return None
