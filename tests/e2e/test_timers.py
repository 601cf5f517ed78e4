"""Timers through the real server: they fire in time, are counted when missed, and are made up for."""

import datetime
import json
import subprocess

import pytest
from support.cli import Cli
from support.server import PROGRAMS
from support.waiting import wait_until

SERVICE = "s"
TELLS = "def handler(event, context):\n    print('told ' + event.decode())\n    return 'ok'\n"
UTC = datetime.timezone.utc


def make_timer(fc, function, trigger, cron, payload="text", **more):
    config = {"cronExpression": cron, "payload": payload, "enable": True, **more}
    wanted = {"triggerName": trigger, "triggerType": "timer", "triggerConfig": config}
    return fc.json("POST", f"services/{SERVICE}/functions/{function}/triggers", wanted)


def events(fc, function, **query):
    text = "&".join(f"{key}={value}" for key, value in {"service": SERVICE, "function": function, **query}.items())
    return fc.send("GET", "/mayfly/v1/events", query=text).json["events"]


def timer(fc, function):
    return fc.send("GET", "/mayfly/v1/timers", query=f"service={SERVICE}&function={function}").json["timers"][0]


def told(fc, function):
    answer = fc.send("GET", "/mayfly/v1/logs", query=f"service={SERVICE}&function={function}&lines=1000")
    return [json.loads(line["text"][5:]) for line in answer.json["lines"] if line["text"].startswith("told ")]


def as_time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_a_timer_fires_each_moment_once_and_in_time(fc):
    fc.make(SERVICE, "ticks", TELLS)
    made = make_timer(fc, "ticks", "each", "* * * * * *").json
    assert made["triggerType"] == "timer" and made["triggerConfig"]["cronExpression"] == "* * * * * *"
    wait_until(lambda: len(told(fc, "ticks")) >= 4, "it fired four times")
    fc.send("DELETE", f"services/{SERVICE}/functions/ticks/triggers/each")
    moments = [as_time(event["triggerTime"]) for event in told(fc, "ticks")]
    assert all(event["triggerName"] == "each" and event["payload"] == "text" for event in told(fc, "ticks"))
    assert sorted(set(moments)) == sorted(moments)
    for event in events(fc, "ticks", status="done"):
        late = as_time(event["accepted"]) - as_time(event["accepted"]).replace(microsecond=0)
        assert late < datetime.timedelta(milliseconds=500), event
        assert (event["trigger"], event["name"]) == ("timer", "each")
    tasks = fc.send("GET", f"services/{SERVICE}/functions/ticks/stateful-async-invocations").json
    assert tasks["invocations"] is None, "a timer's events are nobody's tasks"


def test_a_disabled_timer_stands_still_until_it_is_enabled(fc):
    fc.make(SERVICE, "off", TELLS)
    assert make_timer(fc, "off", "t", "* * * * * *", enable=False).status == 200
    fc.make(SERVICE, "on", TELLS)
    make_timer(fc, "on", "t", "* * * * * *")
    wait_until(lambda: len(told(fc, "on")) >= 2, "the other one fires")
    assert told(fc, "off") == [] and timer(fc, "off")["next"] == []
    path = f"services/{SERVICE}/functions/off/triggers/t"
    fc.json("PUT", path, {"triggerConfig": {"cronExpression": "* * * * * *", "payload": "", "enable": True}})
    wait_until(lambda: told(fc, "off"), "it fires")
    for function in ("on", "off"):
        fc.send("DELETE", f"services/{SERVICE}/functions/{function}/triggers/t")


@pytest.mark.parametrize(
    ("cron", "says"),
    [
        ("0 0 25 * * *", "at character 5: '25' is no hours"),
        ("* * * * *", "it has 5 fields"),
        ("CRON_TZ=Nowhere 0 0 4 * * *", "'Nowhere' is no time zone"),
        ("0 0 0 31 2 *", "would never fire"),
    ],
)
def test_an_expression_that_is_wrong_is_refused_with_its_place(fc, cron, says):
    answer = make_timer(fc, "good", "bad", cron)
    assert answer.error == "400 InvalidArgument" and says in answer.json["ErrorMessage"]


def test_what_was_missed_is_counted_and_made_up_for(house, tmp_path):
    server = house.start("missing")
    fc = server.client()
    fc.make_service(SERVICE)
    fc.make(SERVICE, "f", TELLS)
    make_timer(fc, "f", "t", "* * * * * *")
    wait_until(lambda: len(told(fc, "f")) >= 1, "it fires")
    fc.close()
    server.kill()
    down = datetime.datetime.now(UTC)
    wait_until(lambda: datetime.datetime.now(UTC) > down + datetime.timedelta(seconds=3), "moments pass")
    server = house.start("missing")
    fc = server.client()
    missed = timer(fc, "f")["missed"]
    assert 2 <= missed["count"] <= 60, missed
    gap = [as_time(missed["first"]), as_time(missed["last"])]
    assert down - datetime.timedelta(seconds=1) <= gap[0] <= gap[1]
    after = int(gap[0].timestamp() * 1000) - 1000
    body = {"service": SERVICE, "function": "f", "trigger": "t", "after": after, "until": int(gap[1].timestamp() * 1000)}
    filled = fc.json("POST", "/mayfly/v1/timers/backfill", body).json
    assert filled["made"] + filled["there"] == missed["count"], (filled, missed)
    again = Cli(server, tmp_path)("timer", "backfill", f"{SERVICE}/f", "t", "--since", "1m", "--until", missed["last"])[0]
    assert again.startswith("fired ") and f"had fired before {missed['count']}" not in again.split(",")[0], again
    assert fc.json("POST", "/mayfly/v1/timers/backfill", body).json == {"made": 0, "there": missed["count"]}
    fc.close()


def test_the_command_line_shows_and_runs_timers(fc, server, tmp_path):
    fc.make(SERVICE, "by_hand", TELLS)
    make_timer(fc, "by_hand", "yearly", "0 0 0 1 1 *", payload="now")
    cli = Cli(server, tmp_path)
    assert cli("timer", "next", f"{SERVICE}/by_hand", "--count", "2")[0].count("-01-01T00:00:00Z") == 2
    assert cli("timer", "run", f"{SERVICE}/by_hand", "yearly")[0].startswith("event 1-")
    wait_until(lambda: told(fc, "by_hand"), "it fires")
    assert told(fc, "by_hand")[0]["payload"] == "now"
    meaning = cli("timer", "next", "--cron", "CRON_TZ=Asia/Shanghai 0 0 4 * * *", "--count", "3")[0]
    assert meaning.count("T20:00:00Z\n") == 3, meaning
    assert "at character 7" in cli.error("timer", "next", "--cron", "0 0 0 0 0 0", code=2)["message"]


def test_a_test_clock_lets_days_of_timers_pass_in_seconds(house, tmp_path):
    """The nights around the change to summer time in Berlin, a day in two seconds."""
    begins = "2027-03-22T12:00:00Z"  # some nights sooner: starting takes a while on a busy machine
    server = house.start("fast", arguments=["--clock", f"{begins},x43200"])
    fc = server.client()
    fc.make_service(SERVICE)
    fc.make(SERVICE, "f", TELLS)
    assert make_timer(fc, "f", "night", "CRON_TZ=Europe/Berlin 0 30 2 * * *").status == 200
    nights = [f"2027-03-{day}T01:30:00Z" for day in range(23, 28)] + ["2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z", "2027-03-30T00:30:00Z"]

    def moments():
        return sorted(event["triggerTime"] for event in told(fc, "f"))

    wait_until(lambda: nights[-1] in moments(), "the nights have passed", 40)
    seen = moments()[: moments().index(nights[-1]) + 1]
    assert len(seen) >= 3 and seen == nights[-len(seen) :], seen
    soon = timer(fc, "f")
    assert soon["next"][0] > nights[-1] and soon["missed"]["count"] == 0, soon
    body = {"service": SERVICE, "function": "f", "trigger": "night", "after": 1805414400000}  # 2027-03-19T00:00:00Z
    filled = fc.json("POST", "/mayfly/v1/timers/backfill", body).json
    assert filled["made"] >= 2 and filled["there"] >= 3, filled  # the nights before the clock began
    assert f"Clock       of timers: {begins[:6]}" in server.output()
    fc.close()


def test_a_clock_that_is_none_is_a_bad_start(tmp_path):
    done = subprocess.run([PROGRAMS / "mayfly", "serve", "--data", tmp_path / "d", "--clock", "fast"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "such as x1440" in done.stderr, done
