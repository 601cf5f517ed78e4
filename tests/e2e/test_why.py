"""Where the time of a call went, and which tier served it: kept with the call, told to whoever asks."""

import pytest

SERVICE = "s"
CODE = "def handler(event, context):\n    return event\n\ndef initialize(context):\n    pass\n"
TIERS = {"parked": [], "forked": ["--park", "0"], "executed": ["--exec-only"]}


def ask(client, answer):
    return client.send("GET", f"/mayfly/v1/calls/{answer.headers['X-Fc-Request-Id']}")


@pytest.mark.parametrize("origin", TIERS)
def test_a_cold_call_says_where_it_came_from_and_where_its_time_went(house, origin):
    server = house.start(origin, arguments=TIERS[origin])
    client = server.client()
    client.make_service(SERVICE)
    client.make(SERVICE, "f", CODE, initializer="index.initialize")
    if origin == "parked":
        server.wait_for_parked("python")
    answer = client.invoke(SERVICE, "f", b"x")
    assert answer.headers["X-Mayfly-Start"] == origin
    call = ask(client, answer).json
    assert (call["function"], call["outcome"], call["cold"]) == ("f", "ok", True)
    course = call["course"]
    assert (course["origin"], course["cause"]) == (origin, "no worker of this revision was there")
    names = [phase["name"] for phase in course["phases"]]
    assert ("hand over" if origin == "parked" else "sandbox") in names and names[-1] == "run", names
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
