import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.PojoRequestHandler;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** Everything a function could take for random. */
public class Chance implements PojoRequestHandler<Object, Map<String, Object>> {
    @Override
    public Map<String, Object> handleRequest(Object event, Context context) {
        Map<String, Object> drawn = new LinkedHashMap<>();
        drawn.put("math", Math.random());
        drawn.put("random", new Random().nextLong());
        drawn.put("thread", ThreadLocalRandom.current().nextLong());
        drawn.put("other thread", other());
        drawn.put("split", new SplittableRandom().nextLong());
        drawn.put("uuid", UUID.randomUUID().toString());
        byte[] bytes = new byte[16];
        new SecureRandom().nextBytes(bytes);
        drawn.put("secure", Base64.getEncoder().encodeToString(bytes));
        return drawn;
    }

    private static long other() {
        long[] drawn = new long[1];
        Thread thread = new Thread(() -> drawn[0] = ThreadLocalRandom.current().nextLong());
        thread.start();
        try {
            thread.join();
        } catch (InterruptedException stopped) {
            throw new IllegalStateException(stopped);
        }
        return drawn[0];
    }
}
