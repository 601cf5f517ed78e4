package mayfly.shim;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.UnsupportedEncodingException;
import java.net.URI;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.servlet.ServletInputStream;
import javax.servlet.http.Cookie;

/** A call that came over HTTP, as the servlet interface has it. */
final class HttpRequest extends BareRequest {
    private static final String FORM = "application/x-www-form-urlencoded";
    private static final String HTTP_CHARSET = "ISO-8859-1"; // where a request names none

    private final Map<?, ?> told; // runtimes/PROTOCOL.md, `http`
    private final byte[] body; // null: it comes while it is read
    private final Headers headers = new Headers();
    private final Map<String, Object> attributes = new HashMap<String, Object>();
    private final Body input;
    private String encoding;
    private Map<String, String[]> parameters; // made when first asked for
    private BufferedReader reader;

    HttpRequest(Map<?, ?> told, byte[] body) {
        this(told, body, new Body(body));
    }

    /** One whose body comes while it is read. */
    HttpRequest(Map<?, ?> told, Body input) {
        this(told, null, input);
    }

    private HttpRequest(Map<?, ?> told, byte[] body, Body input) {
        this.told = told;
        this.body = body;
        this.input = input;
        for (Object pair : (List<?>) told.get("headers"))
            headers.add((String) ((List<?>) pair).get(0), (String) ((List<?>) pair).get(1));
        attributes.put("FC_REQUEST_PATH", text("path"));
        attributes.put("FC_REQUEST_URI", text("uri"));
        attributes.put("FC_REQUEST_CLIENT_IP", text("client_ip"));
        encoding = Charsets.of(getContentType());
    }

    private String text(String name) {
        return (String) told.get(name);
    }

    // ---- The line ----

    @Override
    public String getMethod() {
        return text("method");
    }

    @Override
    public String getQueryString() {
        String query = text("query");
        return query == null || query.isEmpty() ? null : query;
    }

    @Override
    public String getRequestURI() {
        String uri = text("uri");
        int end = uri.indexOf('?');
        return end < 0 ? uri : uri.substring(0, end);
    }

    @Override
    public StringBuffer getRequestURL() {
        return new StringBuffer("http://").append(host().getRawAuthority()).append(getRequestURI());
    }

    /** What stands before the path that is the function's own. */
    @Override
    public String getContextPath() {
        String all = getRequestURI();
        int end = all.length();
        for (int slashes = text("path").split("/", -1).length - 1; slashes > 0 && end >= 0; --slashes)
            end = all.lastIndexOf('/', end - 1);
        return end <= 0 ? "" : all.substring(0, end);
    }

    @Override
    public String getServletPath() {
        return "";
    }

    @Override
    public String getPathInfo() {
        return text("path");
    }

    @Override
    public String getProtocol() {
        return "HTTP/1.1";
    }

    // ---- The ends ----

    private URI host() {
        String host = getHeader("Host");
        return URI.create("http://" + (host == null ? "localhost" : host));
    }

    @Override
    public String getScheme() {
        return "http";
    }

    @Override
    public boolean isSecure() {
        return false;
    }

    @Override
    public String getServerName() {
        return host().getHost();
    }

    @Override
    public int getServerPort() {
        return host().getPort() < 0 ? 80 : host().getPort();
    }

    @Override
    public String getRemoteAddr() {
        return text("client_ip");
    }

    @Override
    public String getRemoteHost() {
        return text("client_ip");
    }

    @Override
    public int getRemotePort() {
        return 0;
    }

    @Override
    public String getLocalName() {
        return getServerName();
    }

    @Override
    public String getLocalAddr() {
        return "127.0.0.1";
    }

    @Override
    public int getLocalPort() {
        return getServerPort();
    }

    // ---- Headers ----

    @Override
    public String getHeader(String name) {
        return headers.get(name);
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
        return Collections.enumeration(headers.all(name));
    }

    @Override
    public Enumeration<String> getHeaderNames() {
        return Collections.enumeration(headers.names());
    }

    @Override
    public long getDateHeader(String name) {
        return getHeader(name) == null ? -1 : Headers.millis(getHeader(name));
    }

    @Override
    public int getIntHeader(String name) {
        return getHeader(name) == null ? -1 : Integer.parseInt(getHeader(name).trim());
    }

    @Override
    public Cookie[] getCookies() {
        List<Cookie> cookies = new ArrayList<Cookie>();
        for (String header : headers.all("Cookie"))
            for (String pair : header.split(";")) {
                int end = pair.indexOf('=');
                if (end > 0) cookies.add(new Cookie(pair.substring(0, end).trim(), pair.substring(end + 1).trim()));
            }
        return cookies.isEmpty() ? null : cookies.toArray(new Cookie[0]);
    }

    // ---- The body ----

    @Override
    public String getContentType() {
        return getHeader("Content-Type");
    }

    @Override
    public int getContentLength() {
        return (int) (getContentLengthLong() > Integer.MAX_VALUE ? -1 : getContentLengthLong());
    }

    @Override
    public long getContentLengthLong() {
        if (body != null) return body.length;
        return getHeader("Content-Length") == null ? -1 : Long.parseLong(getHeader("Content-Length").trim());
    }

    @Override
    public String getCharacterEncoding() {
        return encoding;
    }

    @Override
    public void setCharacterEncoding(String name) throws UnsupportedEncodingException {
        if (!Charset.isSupported(name)) throw new UnsupportedEncodingException(name);
        encoding = name;
    }

    @Override
    public ServletInputStream getInputStream() {
        return input;
    }

    @Override
    public BufferedReader getReader() throws UnsupportedEncodingException {
        if (reader == null) reader = new BufferedReader(new InputStreamReader(input, encoding == null ? HTTP_CHARSET : encoding));
        return reader;
    }

    // ---- Parameters and attributes ----

    @Override
    public Map<String, String[]> getParameterMap() {
        try {
            if (parameters == null) parameters = readParameters();
            return parameters;
        } catch (UnsupportedEncodingException wrong) {
            throw new IllegalArgumentException(wrong);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    private Map<String, String[]> readParameters() throws IOException {
        Parameters all = new Parameters();
        if (getQueryString() != null) all.add(getQueryString());
        if (getContentType() != null && getContentType().startsWith(FORM)) all.add(new String(whole(), HTTP_CHARSET));
        return all.all();
    }

    private byte[] whole() throws IOException {
        if (body != null) return body;
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] piece = new byte[1 << 16];
        for (int size; (size = input.read(piece)) >= 0; ) all.write(piece, 0, size);
        return all.toByteArray();
    }

    @Override
    public String getParameter(String name) {
        String[] values = getParameterValues(name);
        return values == null ? null : values[0];
    }

    @Override
    public String[] getParameterValues(String name) {
        return getParameterMap().get(name);
    }

    @Override
    public Enumeration<String> getParameterNames() {
        return Collections.enumeration(getParameterMap().keySet());
    }

    @Override
    public Object getAttribute(String name) {
        return attributes.get(name);
    }

    @Override
    public Enumeration<String> getAttributeNames() {
        return Collections.enumeration(attributes.keySet());
    }

    @Override
    public void setAttribute(String name, Object value) {
        attributes.put(name, value);
    }

    @Override
    public void removeAttribute(String name) {
        attributes.remove(name);
    }
}
