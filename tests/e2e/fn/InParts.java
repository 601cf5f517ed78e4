import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.HttpRequestHandler;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** Called over HTTP, answers in parts, as the path says: as in_parts.py does. */
public class InParts implements HttpRequestHandler {
    private static final byte[] BLOCK = new byte[1 << 16];

    static {
        for (int n = 0; n < BLOCK.length; ++n) BLOCK[n] = (byte) n;
    }

    private static void waitFor(Object step) {
        while (!new File("/tmp/" + step).exists()) LockSupport.parkNanos(2_000_000);
    }

    private static void blocks(OutputStream body, int count) throws IOException {
        for (int n = 0; n < count; ++n) {
            body.write(ByteBuffer.allocate(4).putInt(n).array());
            body.write(BLOCK);
        }
    }

    private static void write(OutputStream body, String... parts) throws IOException {
        for (String part : parts) {
            body.write(part.getBytes());
            body.flush();
        }
    }

    @Override
    public void handleRequest(HttpServletRequest request, HttpServletResponse response, Context context) throws IOException {
        String[] path = request.getPathInfo().split("/");
        String action = path.length > 1 ? path[1] : "";
        int count = request.getParameter("n") == null ? 0 : Integer.parseInt(request.getParameter("n"));
        OutputStream body = response.getOutputStream();
        switch (action) {
            case "events" -> {
                response.setContentType("text/event-stream");
                for (int n = 1; n <= 3; ++n) {
                    response.getWriter().print("data: " + n + "\n\n");
                    response.flushBuffer();
                    waitFor(n);
                }
            }
            case "blocks" -> blocks(body, count);
            case "sized" -> {
                response.setContentLength(count * (4 + BLOCK.length));
                blocks(body, count);
            }
            case "short", "long" -> {
                response.setContentLength(action.equals("short") ? 1000 : 4);
                write(body, "one", "two");
            }
            case "status" -> {
                response.setStatus(count);
                write(body, "one", "two");
            }
            case "bad" -> {
                response.setHeader("A", "x".repeat(100_000));
                while (true) write(body, "more");
            }
            case "endless" -> {
                while (true) body.write(BLOCK);
            }
            case "raise", "exit", "hang" -> {
                System.out.println("printed midway");
                write(body, "one");
                if (action.equals("raise")) throw new IllegalStateException("raised midway");
                if (action.equals("exit")) Runtime.getRuntime().halt(3);
                waitFor("never");
            }
            default -> body.write("whole".getBytes());
        }
    }
}
