import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.PojoRequestHandler;
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** What a forked Java must still be able to do; the answer is what it could not. */
public class Everything implements PojoRequestHandler<Object, Map<String, String>> {
    private interface Test {
        Object run() throws Exception;
    }

    private final Map<String, Test> tests = new LinkedHashMap<>();

    public Everything() {
        tests.put("gc", Everything::collect);
        tests.put("jit", () -> expect(514229, fibonacci(29)));
        tests.put("timers", Everything::schedule);
        tests.put("threads", Everything::pool);
        tests.put("streams", () -> expect(33334L, IntStream.range(0, 100000).parallel().map(x -> x * 2).filter(x -> x % 3 == 0).count()));
        tests.put("futures", () -> expect(42, CompletableFuture.supplyAsync(() -> 6).thenApplyAsync(x -> x * 7).get()));
        tests.put("files", () -> expect("kept", Files.readString(Files.writeString(Path.of("/tmp/file"), "kept"))));
        // As long as all else together: for every fourth child.
        if (Integer.parseInt(System.getenv().getOrDefault("N", "0")) % 4 == 0) tests.put("http", Everything::serve);
        tests.put("processes", Everything::execute);
        tests.put("null", () -> expect(true, raised(() -> ((Object) null).hashCode()) instanceof NullPointerException));
        tests.put("stack", () -> expect(true, raised(() -> deep(0)) instanceof StackOverflowError));
        tests.put("dump", () -> expect(true, Thread.getAllStackTraces().size() >= 4));
        tests.put("chance", () -> expect(16, new SecureRandom().generateSeed(16).length));
        tests.put("digest", () -> expect(32, MessageDigest.getInstance("SHA-256").digest(new byte[3]).length));
        tests.put("regex", () -> expect("a#b#", "a1b2".replaceAll("[0-9]", "#")));
    }

    @Override
    public Map<String, String> handleRequest(Object event, Context context) {
        Map<String, String> failed = new LinkedHashMap<>();
        tests.forEach((name, test) -> {
            System.out.println(name); // where it hung, if it did
            Throwable error = raised(test);
            if (error != null) failed.put(name, error.toString());
        });
        return failed;
    }

    private static Throwable raised(Test test) {
        try {
            test.run();
            return null;
        } catch (Throwable error) {
            return error;
        }
    }

    private static Object expect(Object wanted, Object got) {
        if (!wanted.equals(got)) throw new IllegalStateException("wanted " + wanted + ", got " + got);
        return got;
    }

    private static Object collect() {
        List<byte[]> kept = new ArrayList<>();
        for (int n = 0; n < 5000; ++n) {
            kept.add(new byte[10000]);
            if (kept.size() > 500) kept.clear();
        }
        System.gc();
        return kept;
    }

    private static int fibonacci(int n) {
        return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
    }

    private static Object schedule() throws Exception {
        var timers = Executors.newScheduledThreadPool(1);
        try {
            return expect("late", timers.schedule(() -> "late", 5, TimeUnit.MILLISECONDS).get());
        } finally {
            timers.shutdownNow();
        }
    }

    private static Object pool() throws Exception {
        var threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<Integer>> results = new ArrayList<>();
            for (int n = 0; n < 100; ++n) {
                int number = n;
                results.add(threads.submit(() -> number));
            }
            int sum = 0;
            for (var result : results) sum += result.get();
            return expect(4950, sum);
        } finally {
            threads.shutdownNow();
        }
    }

    private static Object serve() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            byte[] body = ("served " + exchange.getRequestURI()).getBytes();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        try {
            URI path = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/path");
            var answer = HttpClient.newHttpClient().send(HttpRequest.newBuilder(path).build(), HttpResponse.BodyHandlers.ofString());
            return expect("served /path", answer.body());
        } finally {
            server.stop(0);
        }
    }

    private static Object execute() throws Exception {
        Process child = new ProcessBuilder("/bin/echo", "from a child").start();
        return expect("from a child\n", new String(child.getInputStream().readAllBytes()));
    }

    private static int deep(int n) {
        return deep(n + 1) + 1;
    }
}
