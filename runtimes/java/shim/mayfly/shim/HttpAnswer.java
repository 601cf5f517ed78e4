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

/**
 * What an HTTP handler answers. It is sent when the handler has returned, so until then all of it can be changed;
 * or, from then on in parts, once the handler flushes it or its buffer is full.
 */
final class HttpAnswer implements HttpServletResponse {
    private static final String HTTP_CHARSET = "ISO-8859-1"; // where an answer names none
    private static final int BUFFER = 1 << 20; // bytes, unless the handler wants another

    private final Headers headers = new Headers();
    private final Body body = new Body();
    private final Parts parts; // null: it is to come whole
    private boolean committed; // its head has been sent
    private int buffer = BUFFER;
    private long length = -1; // as the handler said
    private boolean holding; // what is written stays in the buffer
    private int status = SC_OK;
    private String encoding; // null: not said
    private Locale locale = Locale.getDefault();
    private PrintWriter writer;

    HttpAnswer(Parts parts) {
        this.parts = parts;
    }

    /** The payload of an answer with flag HTTP; nothing if it was sent in parts. */
    byte[] payload() throws IOException {
        holding = true;
        if (writer != null) writer.flush();
        if (!committed) return head(body.bytes);
        commit();
        return new byte[0];
    }

    /** What the head and the body are as the payload of a frame. */
    private byte[] head(ByteArrayOutputStream followed) throws IOException {
        Map<String, Object> head = new LinkedHashMap<String, Object>();
        head.put("status", status);
        head.put("headers", headers.pairs());
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        try (JsonGenerator generator = Json.FACTORY.createGenerator(json)) {
            Json.write(generator, head);
        }
        ByteBuffer payload = ByteBuffer.allocate(4 + json.size() + followed.size()).order(ByteOrder.LITTLE_ENDIAN);
        return payload.putInt(json.size()).put(json.toByteArray()).put(followed.toByteArray()).array();
    }

    /** Sends the head, once, and what was written. */
    private void commit() throws IOException {
        byte[] head = null;
        if (!committed) {
            if (length >= 0) headers.set("Content-Length", Long.toString(length));
            head = head(new ByteArrayOutputStream());
            committed = true;
        }
        byte[] written = body.bytes.toByteArray();
        body.bytes.reset();
        parts.send(head, written, 0, written.length);
    }

    private final class Body extends ServletOutputStream {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public void write(int one) throws IOException {
            bytes.write(one);
            sendIfFull();
        }

        @Override
        public void write(byte[] from, int at, int size) throws IOException {
            bytes.write(from, at, size);
            sendIfFull();
        }

        @Override
        public void flush() throws IOException {
            if (parts != null && !holding) commit();
        }

        private void sendIfFull() throws IOException {
            if (parts != null && !holding && bytes.size() > buffer) commit();
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
        if (!committed) status = code;
    }

    @Override
    @Deprecated
    public void setStatus(int code, String message) {
        setStatus(code);
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
        if (committed) return;
        headers.set(name, value);
        if (name.equalsIgnoreCase("Content-Type") && Charsets.of(value) != null) encoding = Charsets.of(value);
    }

    @Override
    public void addHeader(String name, String value) {
        if (!committed) headers.add(name, value);
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
        if (type != null && !committed) headers.set("Content-Type", type.split(";")[0].trim() + ";charset=" + name);
    }

    @Override
    public void setContentLength(int size) {
        setContentLengthLong(size);
    }

    /** Of an answer in parts; of one that is sent whole the server counts. */
    @Override
    public void setContentLengthLong(long size) {
        length = size;
    }

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
        return buffer;
    }

    @Override
    public void setBufferSize(int size) {
        buffer = size;
    }

    @Override
    public void flushBuffer() throws IOException {
        if (writer != null) writer.flush();
        body.flush();
    }

    @Override
    public void resetBuffer() {
        if (committed) throw new IllegalStateException("the answer has begun");
        holding = true;
        if (writer != null) writer.flush();
        holding = false;
        body.bytes.reset();
    }

    @Override
    public boolean isCommitted() {
        return committed;
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
