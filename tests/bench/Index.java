import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.StreamRequestHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

public class Index implements StreamRequestHandler {
    @Override
    public void handleRequest(InputStream input, OutputStream output, Context context) throws IOException {
        byte[] event = new byte[4096];
        String text = new String(event, 0, input.read(event), "UTF-8");
        int n = Integer.parseInt(text.substring(text.indexOf(':') + 1, text.indexOf('}')).trim());
        output.write(("{\"n\": " + (n + 1) + "}").getBytes("UTF-8"));
    }
}
