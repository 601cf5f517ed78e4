package mayfly.shim;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** An answer that is sent while it is made: in parts, never more of them than its reader takes. */
final class Parts {
    private static final int PIECE = 1 << 16; // bytes of a part at most

    private final Wire wire;
    private final Ear ear;
    private final long call;
    private long credit; // bytes that may be sent
    private boolean begun, unread, ended;

    Parts(Wire wire, Ear ear, long call, long credit) {
        this.wire = wire;
        this.ear = ear;
        this.call = call;
        this.credit = credit;
    }

    /** `head`: its payload; it goes with the first part. IOException: nobody reads the rest. */
    synchronized void send(byte[] head, byte[] from, int at, int size) throws IOException {
        while (size > 0 || !begun) {
            int piece = take(Math.min(size, PIECE));
            ByteBuffer part = ByteBuffer.allocate(piece + (begun ? 0 : head.length));
            if (!begun) part.put(head);
            wire.send(Frame.PART, begun ? 0 : Frame.HEAD, call, part.put(from, at, piece).array());
            begun = true;
            at += piece;
            size -= piece;
        }
    }

    /** Waits until some bytes may be sent; how many. */
    private int take(int wanted) throws IOException {
        ear.lock.lock();
        try {
            while (credit == 0 && wanted > 0 && !unread && !ended && !ear.isOver()) ear.await();
            if (ended || ear.isOver()) throw new IOException("the answer has ended");
            if (unread) throw new IOException("the client does not read the rest of the answer");
            int taken = (int) Math.min(wanted, credit);
            credit -= taken;
            return taken;
        } finally {
            ear.lock.unlock();
        }
    }

    /** A frame about credit. */
    void hear(Frame frame) {
        ear.lock.lock();
        if (frame.flags != 0) unread = true;
        credit += ByteBuffer.wrap(frame.payload).order(ByteOrder.LITTLE_ENDIAN).getInt() & 0xffffffffL;
        ear.tell();
        ear.lock.unlock();
    }

    boolean isRead() {
        ear.lock.lock();
        try {
            return !unread;
        } finally {
            ear.lock.unlock();
        }
    }

    /** What is sent from now on comes too late. */
    void end() {
        ear.lock.lock();
        ended = true;
        unread = true;
        ear.tell();
        ear.lock.unlock();
    }
}
