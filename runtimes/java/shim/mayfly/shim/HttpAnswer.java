package mayfly.shim;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UnsupportedEncodingException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import javax.servlet.ServletOutputStream;
import javax.servlet.WriteListener;
import javax.servlet.http.Cookie;
import javax.servlet.http.HttpServletResponse;

/** What an HTTP handler answers. It is sent when the handler has returned, so until then all of it can be changed. */
final class HttpAnswer implements HttpServletResponse {
    private static final String HTTP_CHARSET = "ISO-8859-1"; // where an answer names none

    private final Headers headers = new Headers();
    private final Body body = new Body();
    private int status = SC_OK;
    private String encoding; // null: not said
    private Locale locale = Locale.getDefault();
    private PrintWriter writer;

    /** The payload of an answer with flag HTTP. */
    byte[] payload() throws IOException {
        flushBuffer();
        Map<String, Object> head = new LinkedHashMap<String, Object>();
        head.put("status", status);
        head.put("headers", headers.pairs());
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        try (JsonGenerator generator = Json.FACTORY.createGenerator(json)) {
            Json.write(generator, head);
        }
        ByteBuffer payload = ByteBuffer.allocate(4 + json.size() + body.bytes.size()).order(ByteOrder.LITTLE_ENDIAN);
        return payload.putInt(json.size()).put(json.toByteArray()).put(body.bytes.toByteArray()).array();
    }

    private static final class Body extends ServletOutputStream {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public void write(int one) {
            bytes.write(one);
        }

        @Override
        public void write(byte[] from, int at, int size) {
            bytes.write(from, at, size);
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setWriteListener(WriteListener listener) {
            throw new IllegalStateException("the request is not asynchronous");
        }
    }

    // ---- Status ----

    @Override
    public void setStatus(int code) {
        status = code;
    }

    @Override
    @Deprecated
    public void setStatus(int code, String message) {
        status = code;
    }

    @Override
    public int getStatus() {
        return status;
    }

    @Override
    public void sendError(int code, String message) throws IOException {
        resetBuffer();
        status = code;
        if (message == null) return;
        setContentType("text/plain;charset=UTF-8");
        body.write(message.getBytes("UTF-8"));
    }

    @Override
    public void sendError(int code) throws IOException {
        sendError(code, null);
    }

    @Override
    public void sendRedirect(String location) {
        resetBuffer();
        status = SC_FOUND;
        setHeader("Location", location);
    }

    // ---- Headers ----

    @Override
    public void setHeader(String name, String value) {
        headers.set(name, value);
        if (name.equalsIgnoreCase("Content-Type") && Charsets.of(value) != null) encoding = Charsets.of(value);
    }

    @Override
    public void addHeader(String name, String value) {
        headers.add(name, value);
    }

    @Override
    public void setDateHeader(String name, long millis) {
        setHeader(name, Headers.date(millis));
    }

    @Override
    public void addDateHeader(String name, long millis) {
        addHeader(name, Headers.date(millis));
    }

    @Override
    public void setIntHeader(String name, int value) {
        setHeader(name, Integer.toString(value));
    }

    @Override
    public void addIntHeader(String name, int value) {
        addHeader(name, Integer.toString(value));
    }

    @Override
    public boolean containsHeader(String name) {
        return headers.get(name) != null;
    }

    @Override
    public String getHeader(String name) {
        return headers.get(name);
    }

    @Override
    public Collection<String> getHeaders(String name) {
        return headers.all(name);
    }

    @Override
    public Collection<String> getHeaderNames() {
        return headers.names();
    }

    @Override
    public void addCookie(Cookie cookie) {
        StringBuilder line = new StringBuilder(cookie.getName()).append('=').append(cookie.getValue());
        if (cookie.getPath() != null) line.append("; Path=").append(cookie.getPath());
        if (cookie.getDomain() != null) line.append("; Domain=").append(cookie.getDomain());
        if (cookie.getMaxAge() >= 0) line.append("; Max-Age=").append(cookie.getMaxAge());
        if (cookie.getSecure()) line.append("; Secure");
        if (cookie.isHttpOnly()) line.append("; HttpOnly");
        addHeader("Set-Cookie", line.toString());
    }

    @Override
    public String encodeURL(String url) {
        return url;
    }

    @Override
    public String encodeRedirectURL(String url) {
        return url;
    }

    @Override
    @Deprecated
    public String encodeUrl(String url) {
        return url;
    }

    @Override
    @Deprecated
    public String encodeRedirectUrl(String url) {
        return url;
    }

    // ---- The body ----

    @Override
    public String getContentType() {
        return getHeader("Content-Type");
    }

    @Override
    public void setContentType(String type) {
        setHeader("Content-Type", type);
    }

    @Override
    public String getCharacterEncoding() {
        return encoding == null ? HTTP_CHARSET : encoding;
    }

    /** Said in the Content-Type too, if there is one. */
    @Override
    public void setCharacterEncoding(String name) {
        encoding = name;
        String type = getContentType();
        if (type != null) headers.set("Content-Type", type.split(";")[0].trim() + ";charset=" + name);
    }

    @Override
    public void setContentLength(int size) {} // the server counts

    @Override
    public void setContentLengthLong(long size) {}

    @Override
    public ServletOutputStream getOutputStream() {
        return body;
    }

    @Override
    public PrintWriter getWriter() throws UnsupportedEncodingException {
        if (writer == null) writer = new PrintWriter(new OutputStreamWriter(body, getCharacterEncoding()));
        return writer;
    }

    @Override
    public int getBufferSize() {
        return Integer.MAX_VALUE;
    }

    @Override
    public void setBufferSize(int size) {}

    @Override
    public void flushBuffer() {
        if (writer != null) writer.flush();
    }

    @Override
    public void resetBuffer() {
        flushBuffer();
        body.bytes.reset();
    }

    @Override
    public boolean isCommitted() {
        return false;
    }

    @Override
    public void reset() {
        resetBuffer();
        status = SC_OK;
        headers.clear();
        encoding = null;
        writer = null;
    }

    @Override
    public Locale getLocale() {
        return locale;
    }

    @Override
    public void setLocale(Locale wanted) {
        locale = wanted;
        setHeader("Content-Language", wanted.toLanguageTag());
    }
}
