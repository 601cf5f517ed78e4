#!/usr/bin/env python3
"""House checks that a compiler cannot make: floors of includes, stray clocks and chance, sleeping tests,
length of files, names that say nothing. Reads the floors from CMakeLists.txt. Prints what is wrong; exit 1."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODULE = re.compile(r"^module\((\w+)\s+FLOOR\s+(\d+)(?:\s+USES\s+([\w\s]+?))?(?:\s+LIBS\s[^)]*)?\)", re.M)
LINES_MAX = 500
HEAVY = re.compile(r"#include <boost/(asio|beast)/(?!awaitable\.hpp)")
HEAVY_HEADERS = {  # headers that a few sources include knowingly, each saying so
    "src/door/http_parser.hpp", "src/io/one_shot.hpp", "src/io/run_for_tests.hpp", "src/main/wiring.hpp",
    "src/store/meta_store_contract.hpp", "src/queue/task_queue_contract.hpp", "src/cli/server_for_tests.hpp",
}
OUTSIDE_WORLD = re.compile(r"(?:steady|system)_clock::now|\brandom_device\b|\bgetenv\b")
MAY_TOUCH_WORLD = ("base", "main")
SLEEP = re.compile(r"sleep_for|sleep_until|time\.sleep|\busleep\(|\bsleep\(\d|setTimeout\([^,]*,\s*[1-9]\d{2,}")
EMPTY_NAMES = re.compile(r"\b(?:class|struct)\s+\w*(?:Manager|Helper|Util|Utils|Impl)\b")

errors = []


def report(path, line, text):
    errors.append(f"{path.relative_to(ROOT)}:{line}: {text}")


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def floors():
    text = (ROOT / "CMakeLists.txt").read_text()
    plan = {}
    for name, floor, uses in MODULE.findall(text):
        plan[name] = (int(floor), uses.split())
    if len(plan) < 5:
        errors.append("CMakeLists.txt: the floors could not be read")
    for name, (floor, uses) in plan.items():
        for used in uses:
            if plan[used][0] >= floor:
                errors.append(f"CMakeLists.txt: {name} (floor {floor}) uses {used} (floor {plan[used][0]})")
    return plan


def check_source(path, plan):
    text = path.read_text()
    code = re.sub(r'//[^\n]*|"(?:\\.|[^"\\\n])*"', lambda m: " " * len(m[0]), text)
    module = path.relative_to(ROOT / "src").parts[0]
    allowed = {module, *plan.get(module, (0, []))[1]}
    is_test = path.stem.endswith("_test") or "for_tests" in path.stem or "contract" in path.stem
    for m in re.finditer(r'^#include "(\w+)/', text, re.M):
        below = is_test and m[1] in plan and plan[m[1]][0] < plan.get(module, (0, []))[0]  # tests may build on all below
        if m[1] in plan and m[1] not in allowed and not below:
            report(path, line_of(text, m.start()), f"{module} may not include {m[1]}")
    if path.suffix == ".hpp" and str(path.relative_to(ROOT)) not in HEAVY_HEADERS:
        for m in HEAVY.finditer(text):
            report(path, line_of(text, m.start()), "Asio and Beast stay out of headers (awaitable.hpp may in)")
    if module not in MAY_TOUCH_WORLD:
        for m in OUTSIDE_WORLD.finditer(code):
            report(path, line_of(text, m.start()), f"{m[0]}: take a Clock, an Rng or Options instead")
    for m in EMPTY_NAMES.finditer(code):
        report(path, line_of(text, m.start()), f"'{m[0]}' says nothing: name what it is")
    if is_test:
        for m in SLEEP.finditer(code):
            report(path, line_of(text, m.start()), "tests wait for a condition, they never sleep")
    if text.count("\n") > LINES_MAX:
        report(path, LINES_MAX, f"over {LINES_MAX} lines: what is the second idea in this file?")


def check_tests():
    for pattern in ("*.py", "*.js", "*.mjs", "*.cpp"):
        for path in (ROOT / "tests").rglob(pattern):
            if "node_modules" in path.parts or "fn" in path.parts:
                continue
            text = path.read_text()
            for m in SLEEP.finditer(text):
                report(path, line_of(text, m.start()), "tests wait for a condition, they never sleep")


def check_tracked():
    """Nothing built, fetched or machine-made is tracked."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    for name in listed.splitlines():
        if re.search(r"(^|/)(node_modules|build|__pycache__)/|\.(o|a|so|pyc)$", name):
            errors.append(f"{name}: built or fetched files are not tracked")


plan = floors()
for source in sorted((ROOT / "src").rglob("*.[ch]pp")):
    check_source(source, plan)
check_tests()
check_tracked()
print("\n".join(errors) if errors else "house checks: clean")
sys.exit(bool(errors))
