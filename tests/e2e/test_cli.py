"""The command line from outside: what each verb prints, as text and as JSON, and its exit codes."""

import json
import os
import re
import subprocess
import urllib.request

import pytest

from support.cli import Cli
from support.server import PROGRAMS

HELLO = """
def handler(event, context):
    if event == b"raise":
        raise ValueError("as asked")
    while event == b"loop":
        pass
    print("called with", event)
    return event
"""


@pytest.fixture(scope="module")
def folder(house):
    folder = house.folder / "cli"
    (folder / "hello").mkdir(parents=True)
    (folder / "hello" / "index.py").write_text(HELLO)
    return folder


@pytest.fixture(scope="module")
def cli(server, folder):
    cli = Cli(server, folder)
    cli("deploy", "hello", "--timeout", "1")
    return cli


def test_deploying_a_folder_twice_changes_nothing(cli, folder):
    (folder / "twice").mkdir()
    (folder / "twice" / "index.py").write_text(HELLO)
    out, err = cli("deploy", "twice")
    url = r"http://127\.0\.0\.1:\d+/2016-08-15/services/default/functions/twice/invocations"
    assert re.fullmatch(rf"twice  created  python3  128 MB  \d+ B  {url}\n", out)
    assert "mayfly invoke twice" in err
    shown = cli.json("fn", "show", "twice")
    again = cli.json("deploy", "twice")["functions"]
    assert [f["action"] for f in again] == ["unchanged"] and again[0]["codeChecksum"] == shown["codeChecksum"]
    assert cli.json("fn", "show", "twice") == shown
    (folder / "twice" / "index.py").write_text(HELLO + "# changed\n")
    assert cli("deploy", "twice")[0].split()[:2] == ["twice", "updated"]
    assert cli.json("deploy", "twice", "--memory", "256")["functions"][0]["action"] == "updated"
    assert cli.json("fn", "show", "twice")["memorySize"] == 256


def test_a_project_file_names_several_functions(cli, folder):
    project = folder / "project"
    for name in ("one", "two"):
        (project / name).mkdir(parents=True)
        (project / name / "index.py").write_text(f"import os\ndef handler(e, c): return '{name} ' + os.environ['A']\n")
    (project / "mayfly.yaml").write_text(
        "service: shop\nfunctions:\n"
        "  one: {handler: index.handler, runtime: python3, code: one, environment: {A: x}}\n"
        "  two: {handler: index.handler, runtime: python3, code: two, memory: 192, environment: {A: y}}\n"
    )
    done = cli.json("deploy", "project")["functions"]
    assert [(f["service"], f["function"], f["action"], f["memoryMb"]) for f in done] == [
        ("shop", "one", "created", 128),
        ("shop", "two", "created", 192),
    ]
    assert cli("invoke", "shop/two")[0] == "two y"
    assert [f["functionName"] for f in cli.json("fn", "ls", "shop")["functions"]] == ["one", "two"]


def test_invoking_prints_the_bytes_and_nothing_else(cli, folder):
    assert cli("invoke", "hello", "-d", "text ü") == ("text ü", "")
    (folder / "event.json").write_text('{"a": 1}')
    assert cli("invoke", "hello", "-f", "event.json")[0] == '{"a": 1}'
    assert cli("invoke", "hello", "-f", "-", stdin=b"piped")[0] == "piped"
    assert cli("invoke", "default/hello")[0] == ""
    out, err = cli("invoke", "hello", "-d", "x", "--log")
    assert out == "x" and "called with b'x'" in err and "Billed Duration" in err


def test_invoking_as_json(cli):
    about = cli.json("invoke", "hello", "-d", "x", "--log")
    assert about["body"] == "x" and "called with" in about["log"] and about["durationMs"] >= 0
    assert re.fullmatch(r"1-[0-9a-f]{8}-[0-9a-f]{24}", about["requestId"])


def test_a_function_that_failed_is_exit_code_7(cli):
    out, err = cli("invoke", "hello", "-d", "raise", code=7)
    assert out == "" and "ValueError: as asked" in err and "/code/index.py" in err and "mayfly logs hello" in err
    out, err = cli("invoke", "hello", "-d", "raise", "-o", "json", code=7)
    assert json.loads(out)["errorType"] == "UnhandledInvocationError"
    assert json.loads(err)["error"]["kind"] == "FunctionError"


def test_a_program_that_does_not_start_is_exit_code_7_too(cli, folder):
    (folder / "broken").mkdir()
    (folder / "broken" / "bootstrap").write_text("#!/bin/sh\necho oh no\nexit 3\n")
    (folder / "broken" / "bootstrap").chmod(0o755)
    cli("deploy", "broken")
    error = cli.error("invoke", "broken", code=7)
    assert error["code"] == "CAExited" and error["message"].endswith("it printed: oh no")


def test_a_function_that_ran_too_long_is_exit_code_8(cli):
    _, err = cli("invoke", "hello", "-d", "loop", code=8)
    assert "timed out after 1 seconds" in err


@pytest.mark.parametrize(
    "words, code, kind",
    [
        (["nonsense"], 2, "Invalid"),
        (["invoke"], 2, "Invalid"),
        (["invoke", "hello", "--nonsense"], 2, "Invalid"),
        (["deploy", "not-there"], 3, "NotFound"),
        (["deploy", "hello", "--memory", "100"], 2, "Invalid"),
        (["deploy", "hello", "--runtime", "cobol"], 2, "Invalid"),
        (["invoke", "nothing"], 3, "NotFound"),
        (["invoke", "none/hello"], 3, "NotFound"),
        (["fn", "show", "nothing"], 3, "NotFound"),
        (["fn", "rm", "nothing"], 3, "NotFound"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_exit_codes(cli, words, code, kind):
    error = cli.error(*words, code=code)
    assert error["kind"] == kind and error["message"]
    text = cli(*words, code=code)[1]
    assert text.startswith(f"error {error['code']}: {error['message']}")


def test_a_wrong_key_is_exit_code_4(cli):
    wrong = {**cli.environment, "MAYFLY_ACCESS_KEY_ID": "nobody", "MAYFLY_ACCESS_KEY_SECRET": "x"}
    assert cli.error("fn", "ls", code=4, environment=wrong)["code"] == "InvalidAccessKeyID"
    half = {**cli.environment, "MAYFLY_ACCESS_KEY_ID": "nobody"}
    assert "MAYFLY_ACCESS_KEY_ID" in cli.error("fn", "ls", code=4, environment=half)["message"]


def test_no_server_is_exit_code_9(cli, folder):
    nowhere = {**cli.environment, "MAYFLY_ENDPOINT": "http://127.0.0.1:1"}
    assert cli.error("fn", "ls", code=9, environment=nowhere)["kind"] == "Unreachable"
    empty = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    assert "mayfly serve" in cli.error("fn", "ls", code=9, environment=empty)["message"]


def test_a_slip_of_the_pen_is_answered_with_the_nearest_name(cli):
    assert "did you mean 'hello'?" in cli("fn", "show", "helo", code=3)[1]
    assert "did you mean 'invoke'?" in cli("invok", "hello", code=2)[1]
    assert "did you mean '--log'?" in cli("invoke", "hello", "--logs", code=2)[1]


def test_listing_and_showing(cli):
    lines = cli("fn", "ls")[0].splitlines()
    assert lines[0].split() == "SERVICE FUNCTION RUNTIME HANDLER MEMORY TIMEOUT CODE MODIFIED".split()
    assert any(line.split()[:4] == ["default", "hello", "python3", "index.handler"] for line in lines)
    assert re.search(r"^handler +index\.handler$", cli("fn", "show", "hello")[0], re.M)
    assert cli.json("fn", "show", "hello")["functionName"] == "hello"


def test_removing(cli, folder):
    (folder / "gone").mkdir()
    (folder / "gone" / "index.py").write_text(HELLO)
    cli("deploy", "gone")
    assert cli("fn", "rm", "gone")[0] == "gone  removed\n"
    assert cli.error("fn", "rm", "gone", code=3)["code"] == "FunctionNotFound"


def test_logs(cli):
    cli("invoke", "hello", "-d", "for the log")
    lines = cli("logs", "hello", "-n", "4")[0].splitlines()
    assert len(lines) == 4 and lines[1].endswith("called with b'for the log'")
    one_each = [json.loads(line) for line in cli("logs", "hello", "-n", "4", "-o", "json")[0].splitlines()]
    assert [line["text"] for line in one_each] == [line.split("  ", 2)[2] for line in lines]


def test_the_bill_counts_what_was_called(cli, folder):
    (folder / "billed").mkdir()
    (folder / "billed" / "index.py").write_text(HELLO)
    cli("deploy", "billed", "--memory", "512")
    for event in ("a", "b", "c"):
        cli("invoke", "billed", "-d", event)
    cli("invoke", "billed", "-d", "raise", code=7)
    row = next(f for f in cli.json("bill")["functions"] if f["function"] == "billed")
    assert (row["invocations"], row["errors"], row["cold"]) == (4, 1, 1)
    assert row["billedMs"] % 100 == 0 and row["billedMs"] >= 400
    assert row["gbSeconds"] == pytest.approx(row["billedMs"] / 1000 * 0.5)
    assert re.search(r"^default/billed +4 +1 +\d+\.\d s +\d+\.\d{3} +25\.0 %$", cli("bill")[0], re.M)


def test_the_printed_environment_leads_another_shell_here(cli):
    asked = f'eval "$({PROGRAMS}/mayfly env)"; unset MAYFLY_DATA; {PROGRAMS}/mayfly invoke hello -d there'
    done = subprocess.run(["sh", "-c", asked], env=cli.environment, capture_output=True, timeout=30)
    assert (done.returncode, done.stdout) == (0, b"there"), done.stderr
    assert cli.json("env")["FC_ENDPOINT"].startswith("http://127.0.0.1:")


def test_version_and_help(cli):
    assert re.fullmatch(r"mayfly \d+\.\d+\.\d+\n", cli("version")[0])
    assert cli.json("version").keys() == {"version"}
    for verb in ([], ["serve"], ["deploy"], ["invoke"], ["fn", "ls"], ["layer", "ls"], ["layer", "publish"], ["logs"], ["bill"], ["env"]):
        out, err = cli(*verb, "--help")
        assert "Usage" in out and err == ""
        assert not verb or "Example" in out, verb


def test_secrets_and_history_are_not_packed(cli, folder):
    project = folder / "private"
    (project / ".git").mkdir(parents=True)
    (project / ".git" / "config").write_text("x")
    (project / ".env").write_text("SECRET=1")
    (project / "notes.txt").write_text("x")
    (project / ".mayflyignore").write_text("notes.txt\n")
    (project / "index.py").write_text(
        "import os\ndef handler(e, c): return sorted(n for _, d, f in os.walk('/code') for n in d + f)\n"
    )
    cli("deploy", "private")
    assert set(json.loads(cli("invoke", "private")[0])) <= {"index.py", ".mayflyignore"}


def test_a_function_is_deployed_with_its_http_trigger(cli, folder):
    site = folder / "site"
    site.mkdir()
    (site / "index.py").write_text("def handler(environ, start_response):\n    start_response('200 OK', [])\n    return [b'a page']\n")
    (site / "mayfly.yaml").write_text("functions:\n  site:\n    triggers:\n      - {name: web, type: http, auth: anonymous, methods: [GET]}\n")
    out, err = cli("deploy", "site")
    url = re.search(r"^site +created .* (http://\S+/2016-08-15/proxy/default/site/)\n  web +created +http anonymous GET\n", out)[1]
    assert err == f"next  curl {url}\n"
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"a page"
    again = cli.json("deploy", "site")["functions"][0]
    assert again["action"] == "unchanged" and again["triggers"] == [{"name": "web", "type": "http", "action": "unchanged", "url": url}]
    shown = cli("fn", "show", "site")[0]
    assert re.search(r"^trigger web +http anonymous GET$", shown, re.M) and re.search(rf"^url +{url}$", shown, re.M), shown
    assert "called over HTTP" in cli.error("invoke", "site", code=2)["message"]
    assert cli("fn", "rm", "site")[0] == "site  removed\n"


def test_a_function_is_deployed_with_what_sets_it_off(cli, folder):
    project = folder / "set_off"
    project.mkdir()
    (project / "index.py").write_text("def handler(event, context):\n    return 'ok'\n")
    timer = "      - {name: nightly, type: timer, cronExpression: 'CRON_TZ=Asia/Shanghai 0 0 2 * * *', payload: x}\n"
    rule = "      - {name: joined, type: eventbridge, pattern: {type: [{prefix: user.}], data: {age: [{numeric: ['>=', 18]}]}}}\n"
    async_ = "    async: {maxAsyncRetryAttempts: 1, onFailure: 'mailto:ops@example.com'}\n"

    def write(*lines):
        (project / "mayfly.yaml").write_text("service: night\nfunctions:\n  report:\n" + "".join(lines))

    write("    triggers:\n", timer, rule, async_)
    out = cli("deploy", "set_off")[0]
    assert re.search(r"^  nightly +created +timer CRON_TZ=Asia/Shanghai 0 0 2 \* \* \*$", out, re.M), out
    assert re.search(r"^  joined +created +eventbridge .*user\.", out, re.M), out
    assert {t["action"] for t in cli.json("deploy", "set_off")["functions"][0]["triggers"]} == {"unchanged"}
    assert "T18:00:00Z" in cli("timer", "next", "night/report")[0]
    write("    triggers:\n", rule)
    assert re.search(r"^  nightly +removed", cli("deploy", "set_off")[0], re.M)
    assert "has no timer" in cli("timer", "next", "night/report")[1]
    write("    memory: 128\n")
    assert cli.json("deploy", "set_off")["functions"][0]["triggers"] == [], "where nothing is said of triggers they stay"
    assert cli.json("fn", "show", "night/report")["triggers"][0]["triggerName"] == "joined"
    write("    triggers:\n", rule.replace("prefix", "prefixx"))
    refused = cli.error("deploy", "set_off", code=2)["message"]
    assert "mayfly.yaml:5: " in refused and "prefixx" in refused, refused
    write("    async: {onSuccess: 'ftp://x'}\n")
    assert "mayfly.yaml:4: destination 'ftp://x'" in cli.error("deploy", "set_off", code=2)["message"]
