"""The commands in the text, run as a reader would run them, against a server of their own.

Blocks marked `sh` and `js` run, in order, in one shell for each page; `console` blocks are for the eye.
A line that begins with `# ` (in js `// `) is what the block prints there: `…` stands for anything.
"""

import os
import re
import signal
import subprocess

import pytest
from pages import FENCE, PROGRAMS, ROOT

OUTPUT = {"sh": "# ", "js": "// "}
BETWEEN = "=== block %d ==="  # on a line of its own, whatever came before


@pytest.fixture
def reader(tmp_path):
    """A shell's surroundings: the programs on the PATH, a fresh server, an empty folder to work in."""
    data, work = tmp_path / "data", tmp_path / "work"
    work.mkdir()
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MAYFLY_")}
    environment = clean | {
        "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
        "MAYFLY_DATA": str(data),
        "NODE_PATH": str(ROOT / "tests/e2e/node_modules"),
    }
    server = subprocess.Popen(
        [PROGRAMS / "mayfly", "serve", "--listen", "127.0.0.1:0"], env=environment, stdout=subprocess.PIPE, text=True
    )
    for line in server.stdout:
        if line.startswith("ready "):
            break
    yield work, environment
    server.send_signal(signal.SIGTERM)
    assert server.wait(timeout=40) == 0


def blocks_of(page):
    return [(language, code) for language, code in FENCE.findall(page.read_text()) if language in OUTPUT]


def script_of(blocks):
    parts = ["set -eo pipefail; exec 2>&1"]
    for number, (language, code) in enumerate(blocks):
        parts.append(f"printf '\\n%s\\n' '{BETWEEN % number}'")
        parts.append(code if language == "sh" else f"node - <<'JS'\n{code}\nJS")
    return "\n".join(parts)


def as_pattern(line):
    words = [".*".join(map(re.escape, word.split("…"))) for word in line.split()]
    return r"\s+".join(words)


@pytest.mark.parametrize("page", ["README.md", "docs/operating.md", "docs/errors.md", "docs/objects.md"])
def test_the_commands_of_a_page_do_what_it_says(page, reader):
    work, environment = reader
    blocks = blocks_of(ROOT / page)
    assert blocks
    done = subprocess.run(
        ["bash", "-c", script_of(blocks)], cwd=work, env=environment, stdout=subprocess.PIPE, text=True, timeout=50
    )
    assert done.returncode == 0, done.stdout
    outputs = re.split(r"^=== block \d+ ===\n", done.stdout, flags=re.M)[1:]
    for (language, code), output in zip(blocks, outputs, strict=True):
        rest = output
        for line in code.splitlines():
            if not line.startswith(OUTPUT[language]):
                continue
            found = re.search(as_pattern(line.removeprefix(OUTPUT[language])), rest)
            assert found, f"{page} promises '{line}', the block printed:\n{output}"
            rest = rest[found.end() :]
