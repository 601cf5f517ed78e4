"""Where the time of a call went, and which tier served it: kept with the call, told to whoever asks."""

import pytest

SERVICE = "s"
CODE = "def handler(event, context):\n    return event\n\ndef initialize(context):\n    pass\n"
TIERS = {  # the server's flags, whose workers are parked, the word for it, and the phase until the function's code
    "parked": ([], "python", "parked", "hand over"),
    "forked": (["--park", "0"], None, "forked", "sandbox"),
    "started": (["--exec-only"], "custom", "executed", "start"),
    "executed": (["--exec-only", "--park", "0"], None, "executed", "sandbox"),
}


def ask(client, answer):
    return client.send("GET", f"/mayfly/v1/calls/{answer.headers['X-Fc-Request-Id']}")


@pytest.mark.parametrize("tier", TIERS)
def test_a_cold_call_says_where_it_came_from_and_where_its_time_went(house, tier):
    flags, parked, origin, phase = TIERS[tier]
    server = house.start(tier, arguments=flags)
    client = server.client()
    client.make_service(SERVICE)
    client.make(SERVICE, "f", CODE, initializer="index.initialize")
    if parked:
        server.wait_for_parked(parked)
    answer = client.invoke(SERVICE, "f", b"x")
    assert answer.headers["X-Mayfly-Start"] == origin, server.output()
    call = ask(client, answer).json
    assert (call["function"], call["outcome"], call["cold"]) == ("f", "ok", True)
    course = call["course"]
    assert (course["origin"], course["cause"]) == (origin, "no worker of this revision was there")
    names = [phase["name"] for phase in course["phases"]]
    assert phase in names and names[-1] == "run", names
    assert all(phase["us"] > 0 for phase in course["phases"])
    within = sum(phase["us"] for phase in course["phases"]) / 1000
    assert within >= call["durationMs"] * 0.5, course
    warm = client.invoke(SERVICE, "f", b"x")
    assert warm.headers["X-Mayfly-Start"] == "warm"
    assert ask(client, warm).json["course"] == {"origin": "warm", "cause": "", "phases": []}
    client.close()


def test_a_call_that_is_not_kept_is_said_to_be_unknown(fc):
    answer = fc.send("GET", "/mayfly/v1/calls/1-00000000-000000000000000000000000")
    assert answer.status == 404
    assert answer.json["error"]["code"] == "CallNotFound"
