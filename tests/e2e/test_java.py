"""The contract between Function Compute and a Java function that is Java's own."""

import re
import subprocess

import pytest

from support import java
from support.packages import zip_of

SERVICE = "s"
JAVA = {"runtime": "java17", "memorySize": 256, "timeout": 20}
PREFIX = """
import com.aliyun.fc.runtime.*;
import java.io.*;
import java.util.*;
"""


def stream(body, more=""):
    """The source of a class that maps bytes to bytes."""
    return PREFIX + (
        "public class App implements StreamRequestHandler {\n"
        f"  {more}\n"
        "  public void handleRequest(InputStream in, OutputStream out, Context context) throws IOException {\n"
        f"{body}\n  }}\n}}"
    )


@pytest.fixture
def app(make):
    """app(source) gives the function of the class App; the result calls it."""

    def app(source, **spec):
        files = source if isinstance(source, dict) else java.compile_java({"App.java": source})
        return make(zip_of(files), **{**JAVA, "handler": "App::handleRequest", **spec})

    return app


POJO = PREFIX + """
abstract class Base<T> implements PojoRequestHandler<T, Map<String, Object>> {}
public class App extends Base<App.In> {
  public static class In {
    private String name; private List<Item> items; private int n;
    public String getName() { return name; }
    public void setName(String name) { this.name = "set " + name; }
    public void setItems(List<Item> items) { this.items = items; }
    public void setN(int n) { this.n = n; }
  }
  public static class Item { public double price; }
  public Map<String, Object> handleRequest(In in, Context context) {
    if (in == null) return null;
    double sum = 0;
    for (Item item : in.items) sum += item.price;  // a ClassCastException if the generic type was lost
    return new TreeMap<>(Map.of("name", in.name, "sum", sum, "n", in.n, "item", in.items.get(0)));
  }
}"""


def test_objects_travel_as_json_by_the_types_the_class_names(app):
    call = app(POJO)
    event = '{"name": "ü", "items": [{"price": 1.5}, {"price": 2}], "n": 3, "unknown": true}'
    assert call(event).json == {"name": "set ü", "sum": 3.5, "n": 3, "item": {"price": 1.5}}
    assert call(b"").result == b"null"
    assert "Cannot deserialize value" in call("[").failure["errorMessage"]


def test_strings_lists_and_maps_are_objects_too(app):
    body = "{ public List<Object> handleRequest(List<Integer> in, Context c) { return List.of(in.get(0) + 1, \"ü\"); } }"
    assert app(PREFIX + "public class App implements PojoRequestHandler<List<Integer>, List<Object>> " + body)("[1]").json == [2, "ü"]


def test_the_context_and_the_environment(app, fc):
    body = """
    String told = String.join("|", context.getRequestId(), context.getFunctionParam().getFunctionName(),
      context.getFunctionParam().getFunctionHandler(), "" + context.getFunctionParam().getExecTimeLimitInMillis(),
      "" + context.getFunctionParam().getMemoryLimitInMB(), context.getService().getName(),
      context.getExecutionCredentials().getAccessKeyId(), "" + context.getRetryCount(), context.getTracing().getSpanContext(),
      System.getenv("GREETING"), System.getenv("FC_RUNTIME"), "" + ProcessHandle.current().pid(), System.getProperty("user.dir"),
      new File("App.class").getAbsolutePath(), "" + new File("App.class").exists());
    out.write(told.getBytes("UTF-8"));"""
    call = app(stream(body), environmentVariables={"GREETING": "grüß dich 😀"}, timeout=7)
    answer = call()
    assert answer.result.decode().split("|") == [
        answer.headers["X-Fc-Request-Id"], call.name, "App::handleRequest", "7000", "256", SERVICE, "", "0", "",
        "grüß dich 😀", "java17", "1", "/code", "/code/App.class", "true",
    ]  # fmt: skip


def test_prints_and_logger_write_fcs_lines(app):
    body = """
    FunctionComputeLogger logger = context.getLogger();
    logger.info("ü"); logger.setLogLevel(FunctionComputeLogger.Level.WARN); logger.info("no"); logger.error("e");
    System.err.print("no line end");"""
    answer = app(stream(body))(tail=True)
    stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \[%s\] \[" + answer.headers["X-Fc-Request-Id"] + r"\] "
    wanted = stamp % "INFO" + "ü\n" + stamp % "ERROR" + "e\nno line end"
    assert re.search(wanted, answer.log.decode()), answer.log
    assert b"no\n" not in answer.log


def test_an_error_is_told_as_fc_tells_it(app):
    body = '    inner();\n  }\n  static void inner() {\n    throw new IllegalStateException("outer", new IOException("oops"));'
    answer = app(stream(body))()
    assert answer.headers["X-Fc-Error-Type"] == "UnhandledInvocationError"
    assert answer.json == {
        "errorMessage": "outer",
        "errorType": "java.lang.IllegalStateException",
        "errorCause": "oops",
        "stackTrace": ["App.inner(App.java:11)", "App.handleRequest(App.java:8)"],
    }


@pytest.mark.parametrize(
    "handler, said",
    [
        ("example.Other::handleRequest", "no example/Other.class"),
        ("App::run", "is not of the form package.Class::handleRequest"),
        ("App$Plain::handleRequest", "implements no StreamRequestHandler nor PojoRequestHandler"),
        ("App$Needy::handleRequest", "has no constructor without parameters"),
        ("App$Broken::handleRequest", "broken on purpose"),
    ],
)
def test_code_that_cannot_be_used_says_why(app, handler, said):
    more = """
    public static class Plain {}
    public static class Needy { public Needy(int n) {} }
    public static class Broken { public Broken() { throw new IllegalStateException("broken on purpose"); } }"""
    call = app(stream("", more), handler=handler)
    for _ in range(2):  # and is tried again
        assert said in call().failure["errorMessage"]


def test_handler_and_initializer_of_one_class_are_one_object(app):
    more = "private String made; "
    source = stream("out.write(made.getBytes());", more).replace(
        "StreamRequestHandler {", 'StreamRequestHandler, FunctionInitializer {\n public void initialize(Context c) { made = "made"; }', 1
    )
    assert app(source, initializer="App::initialize")().result == b"made"


LIBRARY = {"deep/Library.java": 'package deep; public class Library { public static String name() { return "lib"; } }'}


@pytest.mark.parametrize(
    "package",
    [
        lambda own, library: {**own, "lib/deep.jar": java.jar_of(library)},
        lambda own, library: {"app.jar": java.jar_of(own), "lib/deep.jar": java.jar_of(library)},
        lambda own, library: {"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\r\n", **own, **library},  # a jar is a zip
    ],
    ids=["lib", "jars", "jar"],
)
def test_classes_jars_and_jars_in_lib_are_on_the_class_path(app, package):
    classes = java.compile_java({"App.java": stream("out.write(deep.Library.name().getBytes());"), **LIBRARY})
    own = {"App.class": classes["App.class"]}
    library = {"deep/Library.class": classes["deep/Library.class"]}
    assert app(package(own, library))().result == b"lib"


def test_the_shim_and_its_libraries_are_out_of_sight(app):
    names = '"mayfly.shim.Worker", "com.fasterxml.jackson.databind.ObjectMapper", "javax.servlet.http.HttpServlet"'
    body = f"""
    for (String name : List.of({names}))
      try {{ Class.forName(name); out.write("seen ".getBytes()); }} catch (ClassNotFoundException error) {{ out.write("gone ".getBytes()); }}"""
    assert app(stream(body))().result == b"gone gone seen "


def test_a_function_brings_its_own_jackson(app):
    """Another version than the shim's, in one package with the function, and it is the one that is used."""
    fake = "package com.fasterxml.jackson.databind; public class ObjectMapper { public String toString() { return \"my own\"; } }"
    sources = {"App.java": stream("out.write(new com.fasterxml.jackson.databind.ObjectMapper().toString().getBytes());"),
               "com/fasterxml/jackson/databind/ObjectMapper.java": fake}  # fmt: skip
    assert app(java.compile_java(sources))().result == b"my own"


def test_calls_at_once_run_on_threads(app, server):
    body = """
    System.out.println("in " + new String(in.readAllBytes()));
    try { GATE.await(); } catch (Exception error) { throw new IOException(error); }
    out.write("all".getBytes());"""
    more = "static final java.util.concurrent.CyclicBarrier GATE = new java.util.concurrent.CyclicBarrier(4);"
    call = app(stream(body, more), instanceConcurrency=4)
    clients = [server.client() for _ in range(4)]
    for client in clients:
        client.invoke(SERVICE, call.name, "x", later=True)
    assert [client.end().result for client in clients] == [b"all"] * 4
    for client in clients:
        client.close()


def test_an_error_without_memory_ends_the_worker(app):
    source = stream("List<byte[]> kept = new ArrayList<>();\n for (;;) kept.add(new byte[100000]);")
    call = app(source, memorySize=128)
    one, other = call(), call()
    assert one.failure["errorType"] == other.failure["errorType"] == "java.lang.OutOfMemoryError"
    assert one.headers["X-Fc-Instance-Id"] != other.headers["X-Fc-Instance-Id"]


@pytest.mark.parametrize("memory", [64, 128, 256])
def test_garbage_is_collected_before_the_memory_limit(app, memory):
    body = """
    List<Object> kept = new ArrayList<>();
    long size = 0;
    for (int n = 0; n < 3000000; ++n) {  // 900 MB, of which 8 are alive at a time
      kept.add(List.of("x".repeat(20) + n, new long[5]));
      if (kept.size() == 50000) kept = new ArrayList<>();
      if (n % 10000 == 0) size += new byte[1000000].length;
    }
    out.write("done".getBytes());"""
    assert app(stream(body), memorySize=memory, timeout=60)().result == b"done"


def test_two_cold_instances_of_one_zygote_share_no_chance(fc, app):
    code = java.function("Chance.java")
    call = app(code, handler="Chance::handleRequest")
    fc.make(SERVICE, "java_twin", zip_of(code), **JAVA, handler="Chance::handleRequest")
    one, other = call().json, fc.invoke(SERVICE, "java_twin").json
    fc.update(SERVICE, call.name, environmentVariables={"A": "b"})
    third = call().json
    for kind in one:
        assert len({one[kind], other[kind], third[kind]}) == 3, (kind, one, other, third)


def test_a_forked_java_can_do_everything(app):
    assert app(java.function("Everything.java"), handler="Everything::handleRequest", memorySize=512)().json == {}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The interfaces as Function Compute publishes them, from Maven's central repository."""
    folder = tmp_path_factory.mktemp("maven")
    artifact = "com.aliyun.fc.runtime:fc-java-core:1.4.1"
    plugin = "org.apache.maven.plugins:maven-dependency-plugin:2.8"
    got = subprocess.run(["mvn", "-q", "-B", f"{plugin}:get", f"-Dartifact={artifact}", f"-Ddest={folder}/core.jar"], capture_output=True, text=True)
    assert got.returncode == 0, got.stdout + got.stderr
    return folder / "core.jar"


def test_a_jar_built_with_the_published_interfaces_runs_as_it_is(app, published):
    """All kinds of handlers, every method of the context; the published jar is in the package, as builds put it there."""
    body = """
    FunctionParam f = context.getFunctionParam(); Service s = context.getService(); Credentials k = context.getExecutionCredentials();
    OpenTracing t = context.getTracing(); FunctionComputeLogger l = context.getLogger();
    l.trace("1"); l.debug("2"); l.info("3"); l.warn("4"); l.error("5"); l.fatal("6"); l.setLogLevel(FunctionComputeLogger.Level.TRACE);
    out.write((made + f.getFunctionInitializer() + s.getLogProject() + s.getLogStore() + s.getQualifier() + s.getVersionId()
      + k.getAccessKeySecret() + k.getSecurityToken() + t.getJaegerEndpoint() + t.getSpanBaggages()).getBytes());"""
    more = "String made = \"\"; public void initialize(Context c) { made = \"made \"; } public void preFreeze(Context c) {} public void preStop(Context c) {}"
    source = stream(body, more).replace(
        "StreamRequestHandler {", "StreamRequestHandler, FunctionInitializer, PreFreezeHandler, PreStopHandler {", 1
    )
    classes = java.compile_java({"App.java": source}, class_path=published, release=8)
    call = app({**classes, "lib/fc-java-core.jar": published.read_bytes()}, initializer="App::initialize")
    assert call().result == b"made App::initializeLATESTLATEST{}"
