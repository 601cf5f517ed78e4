"""`mayfly deploy --build`: real packages from the registries, and functions that run with them. A registry that
cannot be reached fails these tests, with the words of pip, npm or Maven."""

import json
import os
import re

import pytest

from support.cli import Cli

IDNA = "import idna\ndef handler(event, context):\n    return idna.encode(event.decode())\n"
AXIOS = "const axios = require('axios');\nexports.handler = async () => axios.VERSION;\n"
APP = """
import java.io.*;
public class App implements com.aliyun.fc.runtime.StreamRequestHandler {
  public void handleRequest(InputStream in, OutputStream out, com.aliyun.fc.runtime.Context context) throws IOException {
    out.write(org.apache.commons.lang3.StringUtils.reverse(new String(in.readAllBytes())).getBytes());
  }
}"""
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>f</groupId>
  <artifactId>f</artifactId>
  <version>1.0.0</version>
  <properties>
    <maven.compiler.source>17</maven.compiler.source>
    <maven.compiler.target>17</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
    <dependency>
      <groupId>com.aliyun.fc.runtime</groupId>
      <artifactId>fc-java-core</artifactId>
      <version>1.4.1</version>
      <scope>provided</scope>
    </dependency>
    <dependency>
      <groupId>org.apache.commons</groupId>
      <artifactId>commons-lang3</artifactId>
      <version>3.14.0</version>
    </dependency>
  </dependencies>
</project>
"""
SECONDS = 300


@pytest.fixture(scope="module")
def cli(server, house):
    """With the settings of whoever runs the tests: pip and npm may need them to reach their registries."""
    cli = Cli(server, house.folder / "build")
    cli.folder.mkdir()
    cli.environment = {**os.environ, "MAYFLY_DATA": str(server.data), "XDG_CACHE_HOME": str(cli.folder / "cache")}
    return cli


@pytest.fixture
def project(cli, request):
    """project({name: content}) is a folder with these files, named like the test."""

    def project(files):
        folder = cli.folder / re.sub(r"\W", "-", request.node.name)[:60]
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
        return folder

    return project


def npm_package(**dependencies):
    return {"name": "f", "version": "1.0.0", "private": True, "dependencies": dependencies}


def test_a_python_package_is_installed_once_and_runs(cli, project):
    folder = project({"index.py": IDNA, "requirements.txt": "idna==3.7\n"})
    _, said = cli("deploy", folder, "--build", seconds=SECONDS)
    assert "pip install" in said and re.search(r"took \d+\.\d s", said)
    assert cli("invoke", folder.name, "-d", "bücher.example")[0] == "xn--bcher-kva.example"
    out, said = cli("deploy", folder, "--build")
    assert "unchanged" in out and "requirements.txt is installed already" in said
    (folder / "requirements.txt").write_text("idna==3.6\n")
    out, said = cli("deploy", folder, "--build", seconds=SECONDS)
    assert "updated" in out and "pip install" in said
    assert not (folder / "idna").exists()  # the function's own folder stays as it is


def test_an_npm_package_is_installed_once_and_runs(cli, project):
    stale = {"node_modules/axios/index.js": "throw new Error('what lay there before counts for nothing');"}
    folder = project({"index.js": AXIOS, "package.json": npm_package(axios="1.7.9"), **stale})
    _, said = cli("deploy", folder, "--build", "--memory", "256", seconds=SECONDS)
    assert "npm install --omit=dev" in said
    assert cli("invoke", folder.name)[0] == "1.7.9"
    assert "package.json is installed already" in cli("deploy", folder, "--build", "--memory", "256")[1]


def test_a_lock_file_decides_what_npm_installs(cli, project):
    folder = project({"index.js": AXIOS, "package.json": npm_package()})
    (folder / "package-lock.json").write_text(
        json.dumps({"name": "f", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": npm_package()}})
    )
    assert "npm ci --omit=dev" in cli("deploy", folder, "--build", "--memory", "256", seconds=SECONDS)[1]
    (folder / "package.json").write_text(json.dumps(npm_package(axios="1.7.9")))
    error = cli.error("deploy", folder, "--build", code=1, seconds=SECONDS)
    assert error["code"] == "ToolFailed" and "npm ci" in error["message"] and "in sync" in error["message"]


def test_a_maven_project_is_built_once_with_its_libraries_and_runs(cli, project):
    folder = project({"src/main/java/App.java": APP, "pom.xml": POM})
    options = ["--build", "--runtime", "java17", "--handler", "App::handleRequest", "--memory", "256"]
    assert "mvn -q -B package" in cli("deploy", folder, *options, seconds=SECONDS)[1]
    assert cli("invoke", folder.name, "-d", "mayfly")[0] == "ylfyam"
    assert "pom.xml is installed already" in cli("deploy", folder, *options)[1]
    (folder / "src/main/java/App.java").write_text(APP.replace("reverse", "capitalize"))
    assert "mvn -q -B package" in cli("deploy", folder, *options, seconds=SECONDS)[1]
    assert cli("invoke", folder.name, "-d", "mayfly")[0] == "Mayfly"
    assert not (folder / "target").exists()


def test_a_failing_tool_ends_the_deployment_with_its_own_words(cli, project):
    folder = project({"index.py": IDNA, "requirements.txt": "idna==999.0\n"})
    out, said = cli("deploy", folder, "--build", code=1, seconds=SECONDS)
    assert out == "" and "error ToolFailed" in said and "No matching distribution found for idna==999.0" in said
    assert cli.error("fn", "show", folder.name, code=3)["code"] == "FunctionNotFound"


def test_what_is_only_on_this_disk_is_refused(cli, project):
    folder = project({"index.py": IDNA, "requirements.txt": "-r more.txt\n", "more.txt": "idna\n"})
    assert "'-r more.txt'" in cli.error("deploy", folder, "--build", code=2)["message"]


def test_a_folder_that_declares_nothing_is_deployed_as_it_is(cli, project):
    folder = project({"index.py": "def handler(e, c): return e\n", "Makefile": "all:\n\tfalse\n"})
    assert "declares no dependencies" in cli("deploy", folder, "--build")[1]
    assert cli("invoke", folder.name, "-d", "x")[0] == "x"


def test_layers_and_isolation_of_a_project_file(cli, project):
    folder = project({
        "code/index.py": "import words\ndef handler(event, context):\n    return words.WHO\n",
        "layer/python/words.py": "WHO = 'layer'\n",
        "mayfly.yaml": "functions:\n  uses_layer: {code: code, layers: [words], isolation: strict}\n",
    })
    assert "mayfly layer publish" in cli.error("deploy", folder, code=3)["message"]
    made = cli.json("layer", "publish", folder / "layer", "--name", "words", "--runtime", "python3")
    assert (made["version"], made["compatibleRuntime"]) == (1, ["python3"])
    assert cli("layer", "publish", folder / "layer", "--name", "words")[0].split()[:3] == ["words", "version", "2"]
    assert [v["layerName"] for v in cli.json("layer", "ls")["layers"]] == ["words"]
    assert cli("layer", "ls")[0].splitlines()[1].split()[:3] == ["words", "2", "any"]
    cli("deploy", folder)
    assert cli("invoke", "uses_layer")[0] == "layer"
    shown = cli.json("fn", "show", "uses_layer")
    assert shown["isolation"] == "strict" and shown["layersArnV2"] == [made["arnV2"].replace("/1", "/2")]
    assert "unchanged" in cli("deploy", folder)[0]
    project({"mayfly.yaml": "functions:\n  uses_layer: {code: code, layers: ['words:1']}\n"})
    assert "updated" in cli("deploy", folder)[0]
    shown = cli.json("fn", "show", "uses_layer")
    assert shown["isolation"] == "standard" and shown["layersArnV2"] == [made["arnV2"]]
    project({"mayfly.yaml": "functions:\n  uses_layer: {code: code}\n"})
    assert "updated" in cli("deploy", folder)[0]
    assert cli.json("fn", "show", "uses_layer")["layersArnV2"] is None
