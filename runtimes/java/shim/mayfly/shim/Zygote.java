package mayfly.shim;

/**
 * A warmed Java that forks itself into sandboxes.
 *
 * It rehearses until the path of a call is compiled, and then hands control to the C++ loop of zygote_library.cpp; only
 * a child comes back from there, already inside its sandbox. No tenant code and no secret is ever in this process. It
 * draws no random number: what it drew, every child would draw again.
 */
final class Zygote {
    private static final int REHEARSALS = 40; // C1 compiles what was called 200 times; more take the time they save

    private Zygote() {}

    public static void main(String[] arguments) throws Exception {
        LogPipe.takeOverPrints();
        for (int n = 0; n < REHEARSALS; ++n) Rehearsal.rehearse();
        System.gc();
        boolean parked = Native.serve(arguments[0].equals("rootless"));
        if (parked) Rehearsal.rehearse(); // the pages it writes to are its own before anybody waits
        Worker.run(new ForkedPlace(parked));
    }
}
