import com.aliyun.fc.runtime.StreamRequestHandler;
import java.io.ByteArrayInputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;

/** What a platform without warmed parents starts: a java that loads one handler and answers one event. */
public class PlainWorker {
    public static void main(String[] arguments) throws Exception {
        URL[] places = {Path.of(arguments[0]).getParent().toUri().toURL()};
        Class<?> type = Class.forName("Index", true, new URLClassLoader(places));
        StreamRequestHandler handler = (StreamRequestHandler) type.getDeclaredConstructor().newInstance();
        byte[] event = new byte[4096];
        int size = new FileInputStream(FileDescriptor.in).read(event);
        OutputStream answer = new FileOutputStream(FileDescriptor.in);
        handler.handleRequest(new ByteArrayInputStream(Arrays.copyOf(event, size)), answer, null);
    }
}
