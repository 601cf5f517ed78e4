"""Pages against the code: links, limits, verbs, settings, error codes."""

import re
import subprocess

import pytest
from pages import PROGRAMS, ROOT, anchors, pages, prose, rows

FIELDS = {"ErrorCode", "ErrorMessage", "CodeSizeLimit", "ProvisionedConcurrencyUtilization", "RequestId", "SignedHeaders"}
INSIDE = {"BlobDamaged", "CodeDamaged", "ObjectDamaged", "TaskAlreadyExists"}  # callers see InternalServerError, the log these
NOT_YET = {"InvocationTimeout", "ResourceNotFound"}  # for what is to come
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


OF_OBJECTS = re.compile(r"objects_(?!upkeep)|bucket_policy|policy_statement|role_policy|form_|xml_text|aws_|oss_signature|signed_parts|http_server")  # they say what docs/objects.md explains


def sources(*folders):
    files = [f for folder in folders for f in (ROOT / "src" / folder).glob("*.cpp")]
    return [f for f in files if not f.stem.endswith("_test")]


def source(*folders, without=None):
    return "\n".join(f.read_text() for f in sources(*folders) if not (without and without.match(f.stem)))


@pytest.mark.parametrize("page", pages(), ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    for target in LINK.findall(prose(page.read_text())):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{target} does not exist"
        if anchor:
            assert anchor in anchors(file.read_text()), f"{target}: no such heading"


def known_tests():
    listed = subprocess.run(["ctest", "--test-dir", PROGRAMS, "-N"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"Test +#\d+: (\S+)", listed))


def test_every_limit_names_what_holds_it():
    tests = known_tests()
    code = "".join(p.read_text() for p in ROOT.glob("src/*/*_test.cpp"))
    bench = (ROOT / "tests/bench/bench.py").read_text()
    promises = [row for row in rows((ROOT / "docs/limits.md").read_text()) if row[-1] != "held by"]
    assert len(promises) > 20
    for promise, *_, held_by in promises:
        names = re.findall(r"`([^`]+)`", held_by)
        assert names, f"'{promise}' is held by nothing"
        for name in names:
            if name.startswith("./dev bench "):
                assert f"bench.py {name.split()[-1]}" in bench, f"'{promise}': there is no {name}"
                continue
            test, _, case = name.partition(" ")
            assert test in tests, f"'{promise}': ctest knows no {test}"
            python = ROOT / "tests/e2e" / f"test_{test.removeprefix('e2e.')}.py"
            where = python.read_text() if python.exists() else code
            assert not case or re.search(rf"\b{case}\b", where), f"'{promise}': {test} has no case {case}"


def test_every_verb_and_option_is_explained():
    text = (ROOT / "docs/operating.md").read_text()

    def help_of(*words):
        return subprocess.run([PROGRAMS / "mayfly", *words, "--help"], capture_output=True, text=True, check=True).stdout

    verbs = re.findall(r"^  (\w+) ", help_of().split("ommands:")[1], re.M)
    assert len(verbs) > 5
    for verb in verbs:
        assert f"`mayfly {verb}" in text, f"mayfly {verb} is not in docs/operating.md"
    for option in re.findall(r"--[a-z-]+", help_of("serve")):
        assert option in text or option == "--help", f"serve {option} is not in docs/operating.md"


def test_every_setting_is_explained():
    text = (ROOT / "docs/operating.md").read_text()
    for name in sorted(set(re.findall(r'"(MAYFLY_[A-Z_]+)"', source("main", "cli")))):
        assert name in text, f"{name} is not in docs/operating.md"


def test_every_error_code_has_its_cause_and_remedy():
    explained = {code for row in rows((ROOT / "docs/errors.md").read_text()) for code in re.findall(r"`(\w+)`", row[0])}
    two_words = r'"((?:CA)?[A-Z][a-z]+(?:[A-Z][A-Za-z]*)+|CA[A-Z][a-z]+)"'
    said = set(re.findall(two_words, source("door", "engine", "catalog", "auth", "deliver", without=OF_OBJECTS)))
    said -= FIELDS | INSIDE | NOT_YET
    assert said - explained == set(), "not in docs/errors.md"
    assert explained - said == set(), "in docs/errors.md, but nothing says it"


def test_every_error_code_of_objects_has_its_cause_and_remedy():
    explained = {code for row in rows((ROOT / "docs/objects.md").read_text()) for code in re.findall(r"^`([A-Z]\w+)`", row[0])}
    files = [f for f in sources("door", "auth") if OF_OBJECTS.match(f.stem)] + sources("objects")
    code = "\n".join(f.read_text() for f in files)
    said = set(re.findall(r'fail\((?:(?!fail\().){1,700}?,\s*"([A-Z]\w+)"\)', code, re.S))
    assert len(said) > 30
    assert said - INSIDE - explained == set(), "not in docs/objects.md"
    assert {c for c in explained if f'"{c}"' not in code} == set(), "in docs/objects.md, but nothing says it"
