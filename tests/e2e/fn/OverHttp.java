import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.HttpRequestHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** Called over HTTP, does what the path says: as over_http.py does. */
public class OverHttp implements HttpRequestHandler {
    @Override
    public void handleRequest(HttpServletRequest request, HttpServletResponse response, Context context) throws IOException {
        String[] path = request.getPathInfo().split("/");
        OutputStream body = response.getOutputStream();
        switch (path.length > 1 ? path[1] : "") {
            case "body" -> {
                response.setContentType(request.getContentType() == null ? "none/given" : request.getContentType());
                response.setIntHeader("X-Length", request.getContentLength());
                body.write(request.getInputStream().readAllBytes());
            }
            case "status" -> {
                response.setStatus(Integer.parseInt(request.getParameter("code")));
                response.setHeader("Location", request.getParameter("to") == null ? "/" : request.getParameter("to"));
                body.write("with status".getBytes());
            }
            case "headers" -> {
                response.addHeader("Set-Cookie", "a=b");
                response.addHeader("Set-Cookie", "c=d");
                response.setHeader("X-Text", "caf\u00e9");
                response.setHeader("Server", "mine");
                response.setHeader("Connection", "close");
            }
            case "header" -> response.setHeader(request.getParameter("name"), request.getParameter("value"));
            case "big" -> response.setHeader("A", "x".repeat(100_000));
            case "raise" -> throw new IllegalStateException("raised as asked");
            case "exit" -> System.exit(3);
            case "hang" -> {
                for (;;) Thread.onSpinWait();
            }
            default -> {
                if (request.getPathInfo().equals("/print")) System.out.println("printed over HTTP");
                response.setContentType("application/json");
                body.write(json(told(request, context)).getBytes("UTF-8"));
            }
        }
    }

    private static Map<String, Object> told(HttpServletRequest request, Context context) {
        Map<String, Object> headers = new TreeMap<>();
        for (String name : Collections.list(request.getHeaderNames())) {
            String between = name.equalsIgnoreCase("cookie") ? "; " : ", ";
            headers.put(name.toLowerCase(Locale.ROOT), String.join(between, Collections.list(request.getHeaders(name))));
        }
        Map<String, Object> queries = new TreeMap<>();
        request.getParameterMap().forEach((name, all) -> queries.put(name, all.length == 1 ? all[0] : Arrays.asList(all)));
        return Map.of("method", request.getMethod(), "path", request.getAttribute("FC_REQUEST_PATH"), "queries", queries,
            "uri", request.getAttribute("FC_REQUEST_URI"), "client", request.getAttribute("FC_REQUEST_CLIENT_IP"),
            "request", context.getRequestId(), "headers", headers);
    }

    private static String json(Object value) {
        if (value instanceof Map<?, ?> members)
            return members.entrySet().stream().map(one -> json(one.getKey()) + ":" + json(one.getValue())).collect(Collectors.joining(",", "{", "}"));
        if (value instanceof List<?> elements) return elements.stream().map(OverHttp::json).collect(Collectors.joining(",", "[", "]"));
        return '"' + value.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
