"""300 functions of all languages are created, called, changed while being called, deleted and made again: no caller
sees what it did not cause, and nothing stays.

MAYFLY_SOAK_SECONDS says for how long (900 is the claim; the usual run is a sample of it).
"""

import collections
import os
import random
import threading
import time

from changing import LANGUAGES, Changing
from holdings import PARKED, expect_no_growth, holdings, most_groups, settled, sizes
from support.waiting import wait_until

SECONDS = float(os.environ.get("MAYFLY_SOAK_SECONDS", "25"))
SEED = int(os.environ.get("MAYFLY_SEED", "20160815"))
SHARES = {"python": 105, "nodejs": 105, "custom": 60, "java": 30}
SERVICES = 6
CALLERS = 6
CHANGERS = 3
WORKERS = 150  # half the functions: the longest idle give way all the time
CALLS_A_CHANGE = 4  # most functions are called about twice between two changes, the busy ones thirty times
LOG_KB = 0.4  # the newest megabyte of each function's log is kept, so much of it for a call that printed nothing
WRONG_MAX = 10  # then it has been shown


class Traffic:
    """What all threads have done, and whatever went wrong."""

    def __init__(self, server, functions):
        self.server, self.functions = server, functions
        self.ends = time.monotonic() + SECONDS
        self.counts = collections.Counter()
        self.wrong = []
        self.due = threading.Semaphore(0)  # changes

    def goes_on(self):
        return time.monotonic() < self.ends and len(self.wrong) < WRONG_MAX

    def run(self):
        threads = [threading.Thread(target=self._guarded, args=(self._calls, n)) for n in range(CALLERS)]
        threads += [threading.Thread(target=self._guarded, args=(self._changes, n)) for n in range(CHANGERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _guarded(self, work, number):
        clients = [self.server.client(), self.server.client()]
        try:
            work(number, *clients)
        except Exception as error:  # a thread's end must not pass unseen
            self.wrong.append((work.__name__, repr(error)))
        for client in clients:
            client.close()

    def _calls(self, number, client, _):
        chance = random.Random(SEED + number)
        while self.goes_on():
            # Half the calls go to a few functions, so that those are changed in the midst of several.
            function = chance.choice(self.functions if chance.random() < 0.5 else self.functions[::15])
            token = f"{chance.getrandbits(48):x}"
            milliseconds = chance.choice((0, 0, 0, 0, 5, 50, 300))
            if chance.random() < 1 / CALLS_A_CHANGE:
                self.due.release()
            begun = time.monotonic()
            answer = client.invoke(function.service, function.name, f"{token} {milliseconds}")
            self._check(function, answer, token, begun, time.monotonic())

    def _check(self, function, answer, token, begun, ended):
        if answer.status == 404 and answer.error == "404 FunctionNotFound":
            found, kind = None, "not found"
        elif answer.status == 200 and answer.headers["X-Fc-Error-Type"] is None and answer.body.endswith(f" {token}".encode()):
            found, kind = answer.body.decode().removesuffix(f" {token}"), function.language
        else:
            error = (answer.status, answer.headers["X-Fc-Error-Type"], answer.body[:500])
            return self.wrong.append((function.path, function.language, error, function.states[-3:]))
        self.counts[f"calls {kind}"] += 1
        if not function.allows(found, begun, ended):
            self.wrong.append((function.path, function.language, found, begun, ended, function.states[-5:]))

    def _changes(self, number, client, rival):
        own = self.functions[number::CHANGERS]
        chance = random.Random(SEED - 1 - number)
        while self.goes_on():
            if not self.due.acquire(timeout=0.5):
                continue
            function = chance.choice(own)
            kind, wrong = function.change(client, rival)
            self.counts[f"changes {kind}"] += 1
            if wrong:
                self.wrong.append((function.path, kind, wrong))


def all_functions():
    languages = [language for language, share in SHARES.items() for _ in range(share)]
    random.Random(SEED).shuffle(languages)
    return [Changing(language, f"s{n % SERVICES}", f"f{n}", SEED + n) for n, language in enumerate(languages)]


def no_function_is_left(server, client, functions):
    for function in functions:
        if function.states[-1].version is not None:
            assert function.delete(client) is None, function.path
    for n in range(SERVICES):
        assert client.send("DELETE", f"services/s{n}").status == 204
    wait_until(lambda: not server.workers(), "the workers are gone", seconds=60)
    wait_until(lambda: is_parked_full(server), "the park is full", seconds=60)


def is_parked_full(server):
    return f"parked python {PARKED} nodejs {PARKED} java {PARKED} " in server.health()


def test_a_mixed_load_that_changes_all_the_time(house):
    server = house.start(arguments=["--park", str(PARKED), "--workers", str(WORKERS)])
    client = server.client()
    for n in range(SERVICES):
        client.make_service(f"s{n}")
    wait_until(lambda: is_parked_full(server), "the park is full")
    before = holdings(server)
    before["control groups"] = most_groups(server, WORKERS)
    functions = all_functions()
    for function in functions:
        assert function.change(client, None) == ("create", None)
        client.invoke(function.service, function.name, "first 0")
    client.close()  # the server ends a connection that is idle for so long
    kb = sizes(server)  # tables, log book and allocator have seen them all
    traffic = Traffic(server, functions)
    traffic.run()
    print(f"seed {SEED}, {SECONDS} s: {dict(sorted(traffic.counts.items()))}")
    assert not traffic.wrong, (f"seed {SEED}", *traffic.wrong)
    assert all(traffic.counts[f"calls {language}"] for language in LANGUAGES), traffic.counts
    client = server.client()
    no_function_is_left(server, client, functions)
    settled(server, before)
    print(f"resident KB before and after: {[*kb.values()]} {[*sizes(server).values()]}")
    calls = sum(count for what, count in traffic.counts.items() if what.startswith("calls"))
    expect_no_growth(server, kb, meant=calls * LOG_KB)
    client.close()
