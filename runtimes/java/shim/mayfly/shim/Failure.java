package mayfly.shim;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An error in FC's form. */
final class Failure {
    private Failure() {}

    static byte[] json(Throwable error) throws IOException {
        Map<String, Object> told = new LinkedHashMap<String, Object>();
        told.put("errorMessage", message(error));
        told.put("errorType", error.getClass().getName());
        told.put("errorCause", message(root(error)));
        told.put("stackTrace", frames(error.getStackTrace()));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator generator = Json.FACTORY.createGenerator(out)) {
            Json.write(generator, told);
        }
        return out.toByteArray();
    }

    /** Its message; of one without, what it was caused by, or what it is. */
    private static String message(Throwable error) {
        String message = error.getMessage();
        if (message != null) return message;
        return (error.getCause() == null ? error.getClass().getName() : error.getCause().toString());
    }

    private static Throwable root(Throwable error) {
        Throwable cause = error;
        for (int depth = 0; cause.getCause() != null && depth < 100; ++depth) cause = cause.getCause(); // may be a ring
        return cause;
    }

    /** From the innermost to the function's own first; what called that is ours and tells the reader nothing. */
    private static List<Object> frames(StackTraceElement[] trace) {
        int end = 0;
        while (end < trace.length && !trace[end].getClassName().startsWith("mayfly.shim.")) ++end;
        if (end < trace.length) while (end > 0 && isReflection(trace[end - 1].getClassName())) --end;
        List<Object> frames = new ArrayList<Object>();
        for (int n = 0; n < end; ++n) frames.add(line(trace[n]));
        return frames;
    }

    private static boolean isReflection(String name) {
        return name.startsWith("java.lang.reflect.") || name.startsWith("jdk.internal.reflect.")
            || name.startsWith("sun.reflect.");
    }

    /** example.Hello.handleRequest(Hello.java:15); newer Javas put a module before it. */
    private static String line(StackTraceElement frame) {
        String place = frame.isNativeMethod() ? "Native Method"
            : frame.getFileName() == null ? "Unknown Source"
            : frame.getLineNumber() < 0 ? frame.getFileName()
            : frame.getFileName() + ":" + frame.getLineNumber();
        return frame.getClassName() + "." + frame.getMethodName() + "(" + place + ")";
    }
}
