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

    /**
     * Java makes code for each shape of a concatenation when it first meets it: these are the usual ones. Each is a
     * statement, for javac makes one shape of a whole expression.
     */
    private static int shapes(Object object, int number) {
        long large = number;
        String text = "text" + number + large;
        int length = (text + "a").length();
        length += (text + text).length();
        length += ("b" + text).length();
        length += ("c" + text + "d").length();
        length += ("e" + number).length();
        length += ("f" + number + "g").length();
        length += (text + ": " + number).length();
        length += (text + text + text).length();
        length += ("h" + object).length();
        length += ("i" + object + "j").length();
        length += ("k" + large).length();
        length += ("l" + text + "m" + text).length();
        length += ("n" + text + "o" + number).length();
        length += (object + "=" + object).length();
        return length;
    }
}
