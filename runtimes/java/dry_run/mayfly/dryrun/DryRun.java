package mayfly.dryrun;

import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.StreamRequestHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** A function a zygote runs before it serves: what it touches is warm in every worker. */
public final class DryRun implements StreamRequestHandler {
    private record Word(String text, int length) {}

    @Override
    public void handleRequest(InputStream input, OutputStream output, Context context) throws IOException {
        String event = new String(input.readAllBytes(), StandardCharsets.UTF_8);
        if (event.equals("raise")) throw new IllegalStateException("dry run");
        List<Word> words = Arrays.stream(event.split(",")).map(text -> new Word(text, text.length())).toList();
        String joined = words.stream().map(Word::text).filter(text -> !text.isBlank()).collect(Collectors.joining(","));
        int length = Optional.of(words).map(List::size).orElse(0);
        String answer = joined + String.format(" %d %s", length, context.getRequestId()) + shapes(words.get(0), length);
        output.write(answer.getBytes(StandardCharsets.UTF_8));
    }

    /** Java makes code for each shape of a concatenation when it first meets it: these are the usual ones. */
    private static String shapes(Object object, int number) {
        long large = number;
        String text = "text" + number + large;
        return text + "a" + (text + text) + ("b" + text) + ("c" + text + "d") + ("e" + number) + ("f" + number + "g")
            + (text + ": " + number) + (text + text + text) + ("h" + object) + ("i" + object + "j") + ("k" + large)
            + ("l" + text + "m" + text) + ("n" + text + "o" + number) + (object + "=" + object);
    }
}
