"""A year of instants of 500 random expressions in six zones, against croniter and zoneinfo. croniter says what
shows on the wall; here is said, apart from the code under test, which moment that is."""

import datetime
import os
import pathlib
import random
import subprocess
import zoneinfo

from croniter import croniter

PROGRAM = pathlib.Path(os.environ.get("MAYFLY_PROGRAMS", "build/release")) / "cron_moments"
SEED = int(os.environ.get("MAYFLY_SEED", "20160815"))
ZONES = ["UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns"]
DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
UTC = datetime.timezone.utc
BEGIN = datetime.datetime(2024, 1, 1)
END = datetime.datetime(2025, 1, 1)


def some(chance, least, most, names=None):
    """A field of one to three numbers, ranges and steps."""
    parts = []
    for _ in range(chance.randint(1, 2)):
        low = chance.randint(least, most)
        high = chance.randint(low, most)
        kind = chance.random()
        if names and kind < 0.3:
            parts.append(names[low - least])
        elif kind < 0.6:
            parts.append(str(low))
        elif kind < 0.8:
            parts.append(f"{low}-{high}")
        else:
            parts.append(f"{low}-{high}/{chance.randint(1, min(7, most))}")
    return ",".join(parts)


def expression(chance):
    """Mostly a few moments a day, so that a year has some hundreds of them."""
    seconds = str(chance.randint(0, 59))
    minutes = str(chance.randint(0, 59))
    hours = "*" if chance.random() < 0.15 else some(chance, 0, 23)
    days = "*" if chance.random() < 0.5 else some(chance, 1, 28)
    months = "*" if chance.random() < 0.7 else some(chance, 1, 12, MONTHS)
    weekdays = "*" if chance.random() < 0.5 else some(chance, 0, 6, DAYS)
    if "*" in hours and chance.random() < 0.9:
        months = str(chance.randint(1, 12))
    return [seconds, minutes, hours, days, months, weekdays]


def is_there(wall, zone):
    """Does this time of day come, and does it come twice?"""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    back = first.astimezone(zone).replace(tzinfo=None)
    return back == wall, first, second


def change_at(wall, zone):
    """The moment at which the clock jumps over `wall`, to the second."""
    low = (wall - datetime.timedelta(days=1)).replace(tzinfo=zone).astimezone(UTC)
    high = (wall + datetime.timedelta(days=1)).replace(tzinfo=zone).astimezone(UTC)
    before = low.astimezone(zone).utcoffset()
    while high - low > datetime.timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


def expected(fields, zone_name):
    seconds, rest = fields[0], fields[1:]
    zone = zoneinfo.ZoneInfo(zone_name)
    walls = croniter(" ".join([*rest, seconds]), BEGIN - datetime.timedelta(days=2))
    moments = set()
    while (wall := walls.get_next(datetime.datetime)) < END + datetime.timedelta(days=2):
        there, first, second = is_there(wall, zone)
        if fields[2] == "*":
            if there:
                moments |= {first, second}
        else:
            moments.add(first if there else change_at(wall, zone))
    begin, end = BEGIN.replace(tzinfo=UTC), END.replace(tzinfo=UTC)
    return sorted(int(m.timestamp()) for m in moments if begin < m <= end)


def test_500_random_expressions_in_six_zones():
    chance = random.Random(SEED)
    asked, wanted = [], []
    for number in range(500):
        zone, fields = ZONES[number % len(ZONES)], expression(chance)
        text = " ".join(fields)
        wanted.append(expected(fields, zone))
        span = [str(int(t.replace(tzinfo=UTC).timestamp())) for t in (BEGIN, END)]
        asked.append(" ".join([*span, f"CRON_TZ={zone} {text}"]))
    done = subprocess.run([PROGRAM], input="\n".join(asked) + "\n", capture_output=True, text=True, check=True)
    answers = done.stdout.split("\n")[:-1]
    assert len(answers) == len(asked)
    moments = 0
    for question, answer, right in zip(asked, answers, wanted):
        got = [int(word) for word in answer.split()] if answer[:1].isdigit() or not answer else answer
        assert got == right, f"seed {SEED}: {question}\n{sorted(set(got) ^ set(right))[:10]}"
        moments += len(right)
    assert moments > 20_000
    print(f"{moments} moments")
