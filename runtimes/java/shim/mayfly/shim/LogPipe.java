package mayfly.shim;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UnsupportedEncodingException;
import java.nio.charset.StandardCharsets;

/**
 * Descriptor 1 or 2. Marks where the prints of each call begin: the next call may begin before the server has read
 * what this one printed.
 */
final class LogPipe extends FileOutputStream {
    private static final int BUFFER = 8192; // bytes

    private static String call = ""; // the request id, where one call runs at a time; else empty
    private static String marked = "";

    private LogPipe(FileDescriptor descriptor) {
        super(descriptor);
    }

    /** System.out and System.err: lines reach the log as they are printed; text is UTF-8. */
    static void takeOverPrints() throws UnsupportedEncodingException {
        System.setOut(stream(FileDescriptor.out));
        System.setErr(stream(FileDescriptor.err));
    }

    private static PrintStream stream(FileDescriptor descriptor) throws UnsupportedEncodingException {
        return new PrintStream(new BufferedOutputStream(new LogPipe(descriptor), BUFFER), true, "UTF-8");
    }

    /** What is printed from now on belongs to this call. */
    static synchronized void begin(String requestId) {
        call = requestId;
    }

    private static synchronized void mark(LogPipe pipe) throws IOException {
        if (marked.equals(call)) return;
        marked = call;
        byte[] line = ('\u001e' + call + '\n').getBytes(StandardCharsets.ISO_8859_1);
        pipe.put(line, 0, line.length);
    }

    private void put(byte[] bytes, int from, int size) throws IOException {
        super.write(bytes, from, size);
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes) throws IOException {
        write(bytes, 0, bytes.length);
    }

    @Override
    public void write(byte[] bytes, int from, int size) throws IOException {
        mark(this);
        put(bytes, from, size);
    }
}
