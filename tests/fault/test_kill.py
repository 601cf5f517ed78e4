"""kill -9 of the server at any moment: what it said yes to is there, nothing is half done, nothing is left."""

import os
import random
import signal
import time

from support import processes
from support.waiting import wait_until
from writers import Writer

ROUNDS = 50
WRITERS = 3
SEED = int(os.environ.get("MAYFLY_SEED", "20160815"))


def test_fifty_kills_in_the_middle_of_changes(house):
    chance = random.Random(SEED)
    writers = [Writer(number, SEED + number) for number in range(WRITERS)]
    for turn in range(ROUNDS):
        server = house.start()
        client = server.client()
        for writer in writers:
            writer.check(client)
            writer.check_calls(client)
        client.close()
        before = sum(writer.acknowledged for writer in writers)
        threads = [writer.start(server.client(timeout=10.0)) for writer in writers]
        moment = time.monotonic() + chance.uniform(0.05, 0.4)
        wait_until(lambda: time.monotonic() >= moment, "the moment has come", every=0.001)
        server.kill()
        for thread in threads:
            thread.join()
        for writer in writers:
            assert not writer.refused, (f"seed {SEED}, round {turn}", writer.refused)
        assert sum(writer.acknowledged for writer in writers) > before, f"round {turn}: nothing was changed"
        house.expect_nothing_left(server)
    server = house.start()
    client = server.client()
    for writer in writers:
        writer.check(client)
    client.close()
    named = {thing.known["code"] for writer in writers for thing in writer.functions.values() if thing.known}
    kept = {len(list(server.data.glob(place))) for place in ("code/*/", "blobs/*/*")}
    assert kept == {len(named)}, "packages that no function names are still there"
    print(f"{sum(writer.acknowledged for writer in writers)} changes in {ROUNDS} rounds")


def test_a_killed_launcher_is_replaced_and_takes_its_sandboxes_along(house):
    server = house.start("launcher")
    client = server.client()
    client.make_service("s")
    # One that lives on if it can: it does not want to die with its parent.
    stubborn = "import ctypes\nctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\ndef handler(event, context):\n    return 'up'\n"
    client.make("s", "stubborn", stubborn)
    assert client.invoke("s", "stubborn").result == b"up"
    old, workers = server.launcher(), server.workers()
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: old not in processes.children(server.pid), "the old launcher is gone")
    assert client.invoke("s", "stubborn").result == b"up"
    house.orphans()
    wait_until(lambda: not (workers & house.orphans()), "the old sandboxes are gone")
    client.close()
    assert server.stop() == 0
    house.expect_nothing_left(server)


def test_a_worker_is_over_though_another_process_still_holds_its_descriptor(house):
    """The zygote that made it does, until it runs again: epoll then reports an end under a number that is another's."""
    server = house.start("held")
    client = server.client()
    client.make_service("s")
    client.make("s", "f", "def handler(event, context):\n    return 'up'\n")
    held = []

    def answers():  # not at once: a call may be given to a worker whose end is not known yet
        return client.invoke("s", "f").body == b"up"

    for _ in range(3):
        wait_until(answers, "a worker answers")
        (worker,) = server.workers()
        held.append(processes.pidfd_of(server.launcher(), worker))
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: worker not in server.workers(), "it is gone")
    wait_until(answers, "another worker answers")
    for descriptor in held:
        os.close(descriptor)
    client.close()
    assert server.stop() == 0
    house.expect_nothing_left(server)
