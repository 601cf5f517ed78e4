package mayfly.shim;

import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Serves the dry run's functions as a worker would, over pipes of its own: what that path touches is warm afterwards. */
final class Rehearsal {
    private static final String FOLDER = Native.beside("dry_run");
    private static final int CALLS = 8; // of each function; their answers fit a pipe
    private static final String HTTP =
        "{\"http\":{\"method\":\"POST\",\"path\":\"/a b\",\"query\":\"x=1\",\"uri\":\"/2016-08-15/proxy/s/f/a%20b?x=1\","
            + "\"client_ip\":\"127.0.0.1\",\"headers\":[[\"Content-Type\",\"text/plain\"]]}}";

    private Rehearsal() {}

    /** The build runs this to learn which classes to put into the archive. */
    public static void main(String[] arguments) throws Exception {
        String folder = new File("").getAbsolutePath();
        LogPipe.takeOverPrints();
        Class.forName("mayfly.shim.Main");
        rehearse();
        Native.enter(new byte[0][], folder);
    }

    static void rehearse() throws IOException {
        play("DryRun", "", "[1]");
        play("DryRun", "", "raise");
        play("DryPojo", "", "{\"name\":\"a\",\"numbers\":[1,2.5],\"more\":{\"name\":\"b\"}}");
        play("DryHttp", HTTP, "body");
    }

    private static void play(String type, String about, String event) throws IOException {
        int[] asking = Native.pipe(), answering = Native.pipe();
        Wire ours = new Wire(in(answering[0]), out(asking[1]));
        ours.send(Frame.SETUP, 0, 0, bytes(setup("mayfly.dryrun." + type)));
        for (int n = 1; n <= CALLS; ++n) ours.send(Frame.CALL, 0, n, call(bytes(about), bytes(event)));
        Native.close(asking[1]); // lets it go
        Worker.serve(new Place(in(asking[0]), out(answering[1]), FOLDER));
        Native.close(answering[1]);
        while (ours.next() != null) continue;
        Native.close(asking[0]);
        Native.close(answering[0]);
    }

    private static String setup(String type) {
        return "{\"protocol\":1,\"handler\":\"" + type + "::handleRequest\",\"initializer\":\"\",\"concurrency\":1,"
            + "\"environment\":{},\"context\":{\"function\":{\"timeout\":1},\"service\":{},\"region\":\"\",\"account_id\":\"\"}}";
    }

    private static byte[] call(byte[] about, byte[] event) {
        byte[] payload = new byte[5 + about.length + event.length];
        payload[1] = (byte) about.length;
        payload[2] = (byte) (about.length >> 8);
        System.arraycopy(about, 0, payload, 5, about.length);
        System.arraycopy(event, 0, payload, 5 + about.length, event.length);
        return payload;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static FileInputStream in(int number) {
        return new FileInputStream(Native.descriptor(number));
    }

    private static FileOutputStream out(int number) {
        return new FileOutputStream(Native.descriptor(number));
    }
}
