"""Clients that change configuration without pause, and remember what the server said yes to."""

import http.client
import random
import threading

from support.packages import as_code, crc64, zip_of

# What a client sees of a server that is killed.
CUT_OFF = (ConnectionError, http.client.HTTPException, TimeoutError, OSError)


def code_of(text):
    """A package whose function answers with `text` and the variable V."""
    lines = ["import os", "def handler(event, context):", f"    return {text!r} + os.environ.get('V', '')", ""]
    return zip_of({"index.py": "\n".join(lines)})


class Thing:
    """A service or a function: the last state acknowledged, and those asked for since and not answered."""

    def __init__(self):
        self.known = None  # None: acknowledged as absent
        self.asked = []

    def allows(self, found):
        return found == self.known or found in self.asked

    def settle(self, found):
        self.known, self.asked = found, []


class Writer:
    """Owns its own services, so that what it remembers is exact."""

    def __init__(self, number, seed):
        self.random = random.Random(seed)
        self.services = {f"w{number}_{n}": Thing() for n in range(3)}
        self.functions = {(service, f"f{n}"): Thing() for service in self.services for n in range(3)}
        self.acknowledged = 0
        self.refused = []

    def start(self, client):
        """Changes things until the server is gone; the returned thread ends then."""
        thread = threading.Thread(target=self._run, args=(client,))
        thread.start()
        return thread

    def _run(self, client):
        try:
            while True:
                self._change(client, *self._choose())
        except CUT_OFF:
            client.close()

    def _choose(self):
        if self.random.random() < 0.35:
            name = self.random.choice(list(self.services))
            return self.services[name], f"services/{name}", {"description": self._word()}, "serviceName", name
        service, name = self.random.choice(list(self.functions))
        value = {"memorySize": 64 * self.random.randint(2, 8), "environmentVariables": {"V": self._word()}}
        if self.random.random() < 0.5:
            value["code"] = self._word()
        return self.functions[service, name], f"services/{service}/functions/{name}", value, "functionName", name

    def _word(self):
        return f"{self.random.getrandbits(48):x}"

    def _change(self, client, thing, path, value, name_field, name):
        function = name_field == "functionName"
        if function and self.services[path.split("/")[1]].known is None:
            return
        if thing.known is not None and function and self.random.random() < 0.15:
            thing.asked.append(None)
            answer = client.send("DELETE", path)
            if answer.status == 204:
                thing.settle(None)
                self.acknowledged += 1
            return
        body = dict(value)
        if thing.known is None:
            wanted = {**value, "code": value.get("code", self._word())} if function else value
            body = {**wanted, name_field: name}
            if function:
                body.update(runtime="python3", handler="index.handler")
            method, path = "POST", path.rsplit("/", 1)[0]
        else:
            wanted = {**thing.known, **value}
            method = "PUT"
        if "code" in body:
            body["code"] = as_code(code_of(body["code"]))
        thing.asked.append(wanted)
        answer = client.json(method, path, body)
        if answer.status == 200:
            thing.settle(wanted)
            self.acknowledged += 1
        else:
            self.refused.append((method, path, answer.status, answer.body))

    def check(self, client):
        """Every thing is as it was acknowledged, or as one of the changes that were cut off asked for."""
        for name, thing in self.services.items():
            answer = client.send("GET", f"services/{name}")
            found = None if answer.status == 404 else {"description": answer.json["description"]}
            assert thing.allows(found), (name, found, thing.known, thing.asked)
            thing.settle(found)
        for (service, name), thing in self.functions.items():
            self._check_function(client, service, name, thing)

    def _check_function(self, client, service, name, thing):
        answer = client.send("GET", f"services/{service}/functions/{name}")
        if answer.status == 404:
            assert thing.allows(None), (service, name, "is lost", thing.known, thing.asked)
            return thing.settle(None)
        shown = answer.json
        for state in [thing.known, *thing.asked]:
            if state is None:
                continue
            settings = {k: v for k, v in state.items() if k != "code"}
            same = all(shown[key] == value for key, value in settings.items())
            if same and shown["codeChecksum"] == str(crc64(code_of(state["code"]))):
                return thing.settle(state)
        raise AssertionError((service, name, shown, thing.known, thing.asked))

    def check_calls(self, client):
        """One function of ours, chosen by chance, answers with the code and settings it should have."""
        there = [(key, thing.known) for key, thing in self.functions.items() if thing.known]
        if not there:
            return
        (service, name), state = self.random.choice(there)
        answer = client.invoke(service, name)
        assert answer.result.decode() == state["code"] + state["environmentVariables"]["V"], (service, name, state)
