package mayfly.shim;

import com.aliyun.fc.runtime.FunctionComputeLogger;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** FC's lines: 2022-04-11 02:38:32.008 [INFO] [request id] message. */
final class Logger implements FunctionComputeLogger {
    private static volatile Level least = Level.TRACE; // of the worker, until somebody changes it again

    private final String requestId;

    Logger(String requestId) {
        this.requestId = requestId;
    }

    /** Made when the first line is written: it costs a worker by plain exec milliseconds. */
    private static final class Stamp {
        static final DateTimeFormatter FORM =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS").withZone(ZoneOffset.UTC);
    }

    private void write(Level level, String message) {
        if (level.compareTo(least) < 0) return;
        String time = Stamp.FORM.format(Instant.now());
        System.out.println(time + " [" + level + "] [" + requestId + "] " + message);
    }

    @Override
    public void trace(String message) {
        write(Level.TRACE, message);
    }

    @Override
    public void debug(String message) {
        write(Level.DEBUG, message);
    }

    @Override
    public void info(String message) {
        write(Level.INFO, message);
    }

    @Override
    public void warn(String message) {
        write(Level.WARN, message);
    }

    @Override
    public void error(String message) {
        write(Level.ERROR, message);
    }

    @Override
    public void fatal(String message) {
        write(Level.FATAL, message);
    }

    @Override
    public void setLogLevel(Level level) {
        least = level;
    }
}
