import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.FunctionInitializer;
import com.aliyun.fc.runtime.StreamRequestHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;

/** One function for the conformance suite: what it does is said by its environment. */
public class Index implements StreamRequestHandler, FunctionInitializer {
    private String initialized = "not";

    @Override
    public void initialize(Context context) {
        if (System.getenv("INIT").equals("fail")) throw new IllegalStateException("no start today");
        if (System.getenv("INIT").equals("hang")) hang();
        initialized = "by " + context.getRequestId();
    }

    @Override
    public void handleRequest(InputStream input, OutputStream output, Context context) throws IOException {
        byte[] event = input.readAllBytes();
        switch (System.getenv("DO")) {
            case "echo" -> output.write(event);
            case "json" -> output.write(
                ("{\"got\":" + new String(event, "UTF-8") + ",\"request\":\"" + context.getRequestId() + "\"}").getBytes("UTF-8"));
            case "say" -> output.write(say(Integer.parseInt(new String(event))));
            case "fail" -> throw new IllegalArgumentException("on purpose: " + new String(event));
            case "hang" -> hang();
            case "exit" -> System.exit(3);
            case "memory" -> {
                for (var kept = new ArrayList<byte[]>(); ; ) kept.add(new byte[1 << 20]);
            }
            case "initialized" -> output.write(initialized.getBytes("UTF-8"));
        }
    }

    private static byte[] say(int lines) {
        for (int n = 0; n < lines; ++n) System.out.println("line " + n);
        return "said".getBytes();
    }

    private static void hang() {
        for (;;) Thread.onSpinWait();
    }
}
