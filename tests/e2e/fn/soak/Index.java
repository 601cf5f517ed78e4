import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.StreamRequestHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Answers with the version of its code, that of its environment, and the event, after as many milliseconds as it says. */
public class Index implements StreamRequestHandler {
    private final String code;

    public Index() throws IOException {
        code = Files.readString(Path.of("/code/version.txt"));
    }

    @Override
    public void handleRequest(InputStream input, OutputStream output, Context context) throws IOException {
        String[] event = new String(input.readAllBytes()).split(" ");
        try {
            Thread.sleep(Integer.parseInt(event[1]));
        } catch (InterruptedException stopped) {
            throw new IllegalStateException(stopped);
        }
        output.write((code + " " + System.getenv("VERSION") + " " + event[0]).getBytes());
    }
}
