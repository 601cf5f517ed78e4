package mayfly.shim;

/** One frame of the worker protocol (runtimes/PROTOCOL.md). */
final class Frame {
    static final int SETUP = 1, CALL = 2, ANSWER = 3, STAGE = 4, HOOK = 5, PART = 6, CREDIT = 7;
    static final int RAISED = 2, ENDS = 4, HTTP = 8; // flags of an answer
    static final int LOADING = 1, INITIALIZED = 2, PARKED = 4, LOADED = 8; // flags of a stage

    static final int HEAD = 1; // flag of a part
    static final int PRE_FREEZE = 1, PRE_STOP = 2; // flags of a hook

    final int kind, flags;
    final long call;
    final byte[] payload;

    Frame(int kind, int flags, long call, byte[] payload) {
        this.kind = kind;
        this.flags = flags;
        this.call = call;
        this.payload = payload;
    }
}
