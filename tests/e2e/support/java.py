"""Java functions as packages: their sources are compiled when a test wants them."""

import functools
import pathlib
import subprocess
import tempfile

from .packages import FUNCTIONS, zip_of
from .server import PROGRAMS

JDK = pathlib.Path("/usr/lib/jvm/java-17-openjdk-amd64/bin")
RUNTIME = PROGRAMS / "runtimes" / "java"
INTERFACES = f"{RUNTIME}/mayfly.jar:{RUNTIME}/servlet-api.jar"


def compile_java(sources, class_path=INTERFACES, release=17):
    """{file name: text} to {file name: class file}."""
    with tempfile.TemporaryDirectory(prefix="mayfly-javac-") as folder:
        root = pathlib.Path(folder)
        for name, text in sources.items():
            (root / "src" / name).parent.mkdir(parents=True, exist_ok=True)
            (root / "src" / name).write_text(text)
        command = [JDK / "javac", "--release", str(release), "-Xlint:-options", "-d", root / "out", "-cp", class_path]
        subprocess.run([*command, *(root / "src" / name for name in sources)], check=True)
        return {str(path.relative_to(root / "out")): path.read_bytes() for path in (root / "out").rglob("*.class")}


@functools.cache
def function(path):
    """The classes of one source file below fn/."""
    return compile_java({pathlib.Path(path).name: (FUNCTIONS / path).read_text()})


def jar_of(files):
    return zip_of({"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\r\n\r\n", **files})
