import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.HttpRequestHandler;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.locks.LockSupport;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** Called over HTTP, takes its body while it comes, as the path says: as takes_body.py does. */
public class TakesBody implements HttpRequestHandler {
    private static void waitFor(Object step) {
        while (!new File("/tmp/" + step).exists()) LockSupport.parkNanos(2_000_000);
    }

    private static String told(HttpServletRequest request) throws IOException {
        byte[] piece = new byte[1 << 16];
        long size = 0;
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException none) {
            throw new IllegalStateException(none);
        }
        InputStream body = request.getInputStream();
        for (int n; (n = body.read(piece)) >= 0; size += n) digest.update(piece, 0, n);
        long length = request.getContentLengthLong();
        return HexFormat.of().formatHex(digest.digest()) + " " + size + " " + (length < 0 ? "None" : length);
    }

    @Override
    public void handleRequest(HttpServletRequest request, HttpServletResponse response, Context context) throws IOException {
        String[] path = request.getPathInfo().split("/");
        InputStream body = request.getInputStream();
        OutputStream answer = response.getOutputStream();
        switch (path.length > 1 ? path[1] : "") {
            case "sum" -> answer.write(told(request).getBytes());
            case "slow" -> {
                waitFor(1);
                answer.write(told(request).getBytes());
            }
            case "echo" -> {
                byte[] piece = new byte[1 << 16];
                for (int n; (n = body.read(piece)) >= 0; ) {
                    answer.write(piece, 0, n);
                    answer.flush();
                }
            }
            case "early" -> answer.write("early".getBytes());
            case "partly" -> answer.write(String.valueOf(body.readNBytes(100_000).length).getBytes());
            case "exit" -> {
                body.readNBytes(100_000);
                Runtime.getRuntime().halt(3);
            }
            case "hang" -> waitFor("never");
            default -> {
                try {
                    body.transferTo(OutputStream.nullOutputStream());
                    answer.write("whole".getBytes());
                } catch (IOException broken) {
                    System.out.println("the body broke off: " + broken.getMessage());
                    answer.write(("cut " + broken.getClass().getSimpleName()).getBytes());
                }
            }
        }
    }
}
