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
            + "\"client_ip\":\"127.0.0.1\",\"headers\":[[\"Content-Type\",\"text/plain\"]],\"credit\":262144}}";
    // As the server's (src/workers/setup.cpp): a name that was met is known. The memory is the largest there is, so that
    // the heap of the zygote stays what it was made for.
    private static final String SETUP =
        "{'protocol':1,'handler':'TYPE::handleRequest','initializer':'','concurrency':1,'environment':{"
            + "'PATH':'/usr/local/bin:/usr/bin:/bin:/opt/bin','HOME':'/tmp','TMPDIR':'/tmp','LANG':'C.UTF-8',"
            + "'LD_LIBRARY_PATH':'/code:/code/lib:/usr/local/lib:/opt/lib','FC_FUNC_CODE_PATH':'/code/','FC_ACCOUNT_ID':'1',"
            + "'FC_REGION':'r','FC_SERVICE_NAME':'s','FC_FUNCTION_NAME':'f','FC_FUNCTION_HANDLER':'TYPE::handleRequest',"
            + "'FC_FUNCTION_MEMORY_SIZE':'32768','FC_INSTANCE_ID':'c-0','FC_QUALIFIER':'','FC_VERSION_ID':'',"
            + "'FC_RUNTIME':'java17','FC_SERVER_PORT':'9000','FC_ENDPOINT':'','OSS_ENDPOINT':'','AWS_ENDPOINT_URL':'',"
            + "'AWS_ENDPOINT_URL_S3':'','OSS_REGION':'','AWS_REGION':'','AWS_DEFAULT_REGION':''},"
            + "'context':{'function':{'name':'f','handler':'TYPE::handleRequest','memory':32768,'timeout':1,'initializer':'',"
            + "'initialization_timeout':1},'service':{'name':'s','log_project':'','log_store':'','qualifier':'','version_id':''},"
            + "'region':'r','account_id':'1'},'hooks':{'pre_freeze':'','pre_stop':''}}";

    private Rehearsal() {}

    /** The build runs this to learn which classes to put into the archive. */
    public static void main(String[] arguments) throws Exception {
        String folder = new File("").getAbsolutePath();
        LogPipe.takeOverPrints();
        Class.forName("mayfly.shim.Main");
        rehearse(false);
        Native.enter(new byte[0][], folder);
    }

    /** As in a child of the zygote, in every step that is not the sandbox's; else as by plain exec. */
    static void rehearse(boolean forked) throws IOException {
        play(forked, "DryRun", "", "[1]");
        play(forked, "DryRun", "", "raise");
        play(forked, "DryPojo", "", "{\"name\":\"a\",\"numbers\":[1,2.5],\"more\":{\"name\":\"b\"}}");
        play(forked, "DryHttp", HTTP, "body");
    }

    private static void play(boolean forked, String type, String about, String event) throws IOException {
        int[] asking = Native.pipe(), answering = Native.pipe();
        Wire ours = new Wire(in(answering[0]), out(asking[1]));
        ours.send(Frame.SETUP, 0, 0, bytes(setup("mayfly.dryrun." + type)));
        for (int n = 1; n <= CALLS; ++n) ours.send(Frame.CALL, 0, n, call(bytes(about), bytes(event)));
        Native.close(asking[1]); // lets it go
        FileInputStream in = in(asking[0]);
        FileOutputStream out = out(answering[1]);
        Worker.serve(forked ? new ForkedPlace(in, out, openGate(), FOLDER) : new Place(in, out, FOLDER));
        Native.close(answering[1]);
        while (ours.next() != null) continue;
        Native.close(asking[0]);
        Native.close(answering[0]);
    }

    private static int openGate() throws IOException {
        int[] ends = Native.pipe();
        Native.close(ends[1]);
        return ends[0];
    }

    private static String setup(String type) {
        return SETUP.replace("TYPE", type).replace('\'', '"');
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
