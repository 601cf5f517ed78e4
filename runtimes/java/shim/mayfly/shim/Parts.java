package mayfly.shim;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** An answer that is sent while it is made: in parts, never more of them than its reader takes. */
final class Parts {
    /** How the frames come that say what was granted. */
    interface Inbox {
        /** Takes one frame, for whomever it is. False: another thread does that. */
        boolean hear() throws IOException;
    }

    private static final int PIECE = 1 << 16; // bytes of a part at most

    private final Wire wire;
    private final Inbox inbox;
    private final long call;
    private long credit; // bytes that may be sent
    private boolean begun, unread, ended;

    Parts(Wire wire, Inbox inbox, long call, long credit) {
        this.wire = wire;
        this.inbox = inbox;
        this.call = call;
        this.credit = credit;
    }

    /** `head`: its payload; it goes with the first part. IOException: nobody reads the rest. */
    synchronized void send(byte[] head, byte[] from, int at, int size) throws IOException {
        if (!begun) {
            check();
            int first = (int) Math.min(Math.min(size, PIECE), credit);
            ByteBuffer part = ByteBuffer.allocate(head.length + first).put(head).put(from, at, first);
            wire.send(Frame.PART, Frame.HEAD, call, part.array());
            begun = true;
            credit -= first;
            at += first;
            size -= first;
        }
        while (size > 0) {
            while (credit == 0 && !unread) waitForReader();
            check();
            int piece = (int) Math.min(Math.min(size, PIECE), credit);
            byte[] part = new byte[piece];
            System.arraycopy(from, at, part, 0, piece);
            wire.send(Frame.PART, 0, call, part);
            credit -= piece;
            at += piece;
            size -= piece;
        }
    }

    private void check() throws IOException {
        if (ended) throw new IOException("the answer has ended");
        if (unread) throw new IOException("the client does not read the rest of the answer");
    }

    private void waitForReader() throws IOException {
        if (inbox.hear()) return;
        try {
            wait();
        } catch (InterruptedException interrupted) {
            throw new InterruptedIOException();
        }
    }

    /** A frame about credit. */
    synchronized void hear(Frame frame) {
        if (frame.flags != 0) unread = true;
        credit += ByteBuffer.wrap(frame.payload).order(ByteOrder.LITTLE_ENDIAN).getInt() & 0xffffffffL;
        notifyAll();
    }

    synchronized boolean begun() {
        return begun;
    }

    synchronized boolean isRead() {
        return !unread;
    }

    /** What is sent from now on comes too late. */
    synchronized void end() {
        ended = true;
        unread = true;
        notifyAll();
    }
}
