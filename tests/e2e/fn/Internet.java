import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.StreamRequestHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

/** Answers each line of its event, a URL or a name, with what was found there. */
public class Internet implements StreamRequestHandler {
    private static String find(String what) throws InterruptedException {
        try {
            if (!what.startsWith("http")) return InetAddress.getByName(what).getHostAddress();
            HttpRequest request = HttpRequest.newBuilder(URI.create(what)).build();
            return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
        } catch (IOException error) {
            return error.getClass().getSimpleName();
        }
    }

    @Override
    public void handleRequest(InputStream in, OutputStream out, Context context) throws IOException {
        StringBuilder found = new StringBuilder();
        try {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n"))
                found.append(find(line)).append('\n');
        } catch (InterruptedException error) {
            throw new IOException(error);
        }
        out.write(found.toString().getBytes(StandardCharsets.UTF_8));
    }
}
