"""Registration, mail, verification, welcome: what the use case promises, beside what was measured."""

import concurrent.futures
import json
import time

from stage import Stage, wait_until

PEOPLE = [f"user{n}@example.com" for n in range(60)]
REFUSED = "nobody@example.com"
AWAY_SECONDS = 6


def claim(what, seed, measured, holds):
    print(f"CLAIM {what} · seed says {seed} · measured {measured} · {'PASS' if holds else 'FAIL'}", flush=True)
    return holds


def all_at_once(work, items):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(work, items))


def dead(stage):
    return json.loads(stage.mayfly("dead", "ls", "-o", "json"))["groups"]


def run(stage):
    stage.start_sink()
    stage.start_server()
    stage.mayfly("deploy", "examples/signup")
    accepted = [status for status, _ in all_at_once(stage.register, PEOPLE[:20])]
    wait_until(lambda: len(stage.mails("One more step")[0]) == 20, "the first mails have come")
    stage.stop_sink()
    went = time.monotonic()
    accepted += [status for status, _ in all_at_once(stage.register, PEOPLE[20:])]
    while_away = len(stage.mails("One more step")[0])
    wait_until(lambda: time.monotonic() > went + AWAY_SECONDS / 2, "half of the time is over")
    stage.kill_server()
    stage.start_server()
    wait_until(lambda: time.monotonic() > went + AWAY_SECONDS, "the time is over")
    stage.start_sink()
    back = time.monotonic()
    wait_until(lambda: len(stage.mails("One more step")[0]) == len(PEOPLE), "all mails have come", 120)
    caught_up = time.monotonic() - back
    all_at_once(stage.register, PEOPLE)  # again: they are registered already
    asked, links = stage.mails("One more step")
    followed = [status for status, _ in all_at_once(lambda who: stage.send("GET", links[who]), PEOPLE)]
    forged = stage.send("GET", links[PEOPLE[0]][:-1] + "x")[0]
    wait_until(lambda: len(stage.mails("Welcome")[0]) == len(PEOPLE), "all are welcomed", 120)
    stage.refused.write_text(REFUSED)
    stage.register(REFUSED)
    wait_until(lambda: dead(stage), "the refused mail is dead")
    reason = json.loads(stage.mayfly("events", "show", dead(stage)[0]["newestId"], "-o", "json"))["story"][-1]["what"]
    stage.refused.unlink()
    redriven = stage.mayfly("dead", "redrive", "--all").strip()
    wait_until(lambda: REFUSED in stage.mails("One more step")[0], "it came after all")
    asked, welcomed = stage.mails("One more step")[0], stage.mails("Welcome")[0]
    more = sum(asked.values()) + sum(welcomed.values()) - len(asked) - len(welcomed)
    return [
        claim("everyone who registered is sent a mail", "registration, then mail", f"{len(accepted)} registered, {len(asked) - 1} were sent one",
              accepted == [202] * len(PEOPLE) and set(asked) == {*PEOPLE, REFUSED}),
        claim("a mail server that is away costs none", "events, not calls",
              f"{while_away - 20} mails while it was away {AWAY_SECONDS} s and the server was killed, all {caught_up:.1f} s after it was back",
              while_away == 20),
        claim("nobody is written twice", "once, or again if an answer was lost", f"{more} mails more than people, all registering twice", more == 0),
        claim("who follows the link is welcomed", "next steps follow", f"{len(welcomed)} of {len(PEOPLE)}; a forged link is {forged}",
              set(welcomed) == set(PEOPLE) and followed == [200] * len(PEOPLE) and forged == 403),
        claim("what cannot be delivered is kept with its reason", "nothing is lost", f"'{reason}'; {redriven}, and it came",
              "refuses it with 550" in reason and redriven == "redriven 1"),
    ]  # fmt: skip


stage = Stage()
try:
    held = run(stage)
finally:
    stage.close()
raise SystemExit(0 if all(held) else 1)
