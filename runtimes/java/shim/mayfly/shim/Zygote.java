package mayfly.shim;

import java.util.concurrent.TimeUnit;

/**
 * A warmed Java that forks itself into sandboxes.
 *
 * It rehearses until the path of a call is compiled, and then hands control to the C++ loop of zygote_library.cpp; only
 * a child comes back from there, already inside its sandbox. No tenant code and no secret is ever in this process. It
 * draws no random number: what it drew, every child would draw again.
 */
final class Zygote {
    private static final int REHEARSALS = 70; // C1 compiles what was called 128 times, and each loads such a function twice
    private static final long SECONDS_MAX = 5; // on a busy machine; the launcher waits for ten

    private Zygote() {}

    public static void main(String[] arguments) throws Exception {
        LogPipe.takeOverPrints();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_MAX);
        for (int n = 0; n < REHEARSALS && System.nanoTime() < end; ++n) Rehearsal.rehearse(true);
        System.gc();
        boolean parked = Native.serve(arguments[0].equals("rootless"));
        if (parked) Rehearsal.rehearse(true); // the pages it writes to are its own before anybody waits
        Worker.run(new ForkedPlace(parked));
    }
}
