package mayfly.shim;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;

/** Serves one function over the worker protocol (runtimes/PROTOCOL.md). */
final class Worker {
    private static final int RULES_BROKEN = 2, UNHEARD = 1; // exit statuses

    private final Wire wire;
    private final Setup setup;
    private final Function function;
    private final Map<Long, Parts> parts = new ConcurrentHashMap<Long, Parts>(); // by call: of those that came over HTTP
    private final Map<Long, Body> bodies = new ConcurrentHashMap<Long, Body>(); // by call: of those that come in parts
    private final Queue<Frame> later = new ArrayDeque<Frame>(); // taken, and nobody's yet; under the ear's lock
    private final Ear ear;

    private Worker(Place place, Setup setup) {
        wire = place.wire;
        this.setup = setup;
        function = new Function(setup, place.folder, wire);
        ear = new Ear(setup.concurrency > 1 ? null : new Ear.Taker() {
            @Override
            public boolean take() throws IOException {
                return takeOne();
            }
        });
    }

    /** What this process is for. Does not return. */
    static void run(Place place) {
        int status = 0;
        try {
            serve(place);
        } catch (IOException broken) {
            status = RULES_BROKEN;
        }
        Runtime.getRuntime().halt(status);
    }

    /** Serves until the server lets go. IOException: a frame broke the rules. */
    static void serve(Place place) throws IOException {
        place.announce();
        Frame first = place.wire.next();
        if (first == null) return;
        if (first.kind != Frame.SETUP) throw new IOException("the first frame is not setup");
        Setup setup = new Setup(first.payload);
        place.occupy(setup);
        new Worker(place, setup).serve();
    }

    private void serve() throws IOException {
        wire.send(Frame.STAGE, Frame.LOADING, 0, now());
        function.loadEarly();
        wire.send(Frame.STAGE, Frame.LOADED, 0, now());
        for (Frame frame; (frame = next()) != null; ) {
            if (hear(frame)) continue;
            if (frame.kind != Frame.CALL && frame.kind != Frame.HOOK) throw new IOException("a frame that a worker is not sent");
            if (setup.concurrency == 1) answer(frame);
            else start(frame);
        }
    }

    private Frame next() throws IOException {
        if (setup.concurrency > 1) return wire.next();
        ear.lock.lock();
        try {
            while (later.isEmpty() && !ear.isOver()) ear.await();
            return later.poll();
        } finally {
            ear.lock.unlock();
        }
    }

    private boolean takeOne() throws IOException {
        Frame frame = wire.next();
        if (frame == null) return false;
        if (hear(frame)) return true;
        ear.lock.lock();
        later.add(frame);
        ear.lock.unlock();
        return true;
    }

    /** What concerns a call that runs, or has ended. False: it is something else. */
    private boolean hear(Frame frame) {
        if (frame.kind == Frame.CREDIT) {
            Parts told = parts.get(frame.call);
            if (told != null) told.hear(frame);
        } else if (frame.kind == Frame.PART) {
            Body told = bodies.get(frame.call);
            if (told != null) told.hear(frame);
        } else {
            return false;
        }
        return true;
    }

    /** Null: the answer is to come whole. */
    private Parts partsOf(Call call, long number) {
        Object credit = call.http == null ? null : call.http.get("credit");
        if (credit == null) return null;
        Parts made = new Parts(wire, ear, number, ((Number) credit).longValue());
        parts.put(number, made);
        return made;
    }

    /** Null: it is all here. */
    private Body bodyOf(Call call, long number) {
        if (call.http == null || call.http.get("more") == null) return null;
        Body made = new Body(call.event, wire, ear, number);
        bodies.put(number, made);
        return made;
    }

    private void endParts(long number) {
        Parts answer = parts.remove(number);
        if (answer != null) answer.end();
        Body body = bodies.remove(number);
        if (body != null) body.end();
    }

    /** Microseconds of CLOCK_MONOTONIC, which is what HotSpot counts on Linux. */
    private static byte[] now() {
        return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(System.nanoTime() / 1000).array();
    }

    private void start(final Frame frame) {
        Thread thread = new Thread("call") {
            @Override
            public void run() {
                answer(frame);
            }
        };
        thread.setDaemon(true);
        thread.start();
    }

    private void answer(Frame frame) {
        try {
            int flags = run(frame);
            if ((flags & Frame.ENDS) != 0) Runtime.getRuntime().halt(0);
        } catch (Throwable lost) { // the function closed our pipe, or no memory is left to answer with
            Runtime.getRuntime().halt(UNHEARD);
        }
    }

    private byte[] runHook(Frame frame, CallContext context) throws Throwable {
        function.runHook(frame.flags, context);
        return new byte[0];
    }

    /** Gives the flags of the answer that was sent. */
    private int run(Frame frame) throws IOException {
        int flags = 0;
        byte[] answer;
        try {
            Call call = new Call(frame.payload);
            if (setup.concurrency == 1) LogPipe.begin(call.requestId);
            CallContext context = new CallContext(setup, call);
            Parts own = partsOf(call, frame.call);
            Body body = bodyOf(call, frame.call);
            answer = frame.kind == Frame.HOOK ? runHook(frame, context) : function.handler(context).answer(call, context, own, body);
            if (call.http != null) flags = Frame.HTTP;
        } catch (Throwable error) {
            flags = error instanceof OutOfMemoryError ? Frame.RAISED | Frame.ENDS : Frame.RAISED;
            answer = Failure.json(error);
        }
        endParts(frame.call);
        System.out.flush();
        System.err.flush();
        wire.send(Frame.ANSWER, flags, frame.call, answer);
        return flags;
    }
}
