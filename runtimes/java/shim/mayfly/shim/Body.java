package mayfly.shim;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Queue;
import javax.servlet.ReadListener;
import javax.servlet.ServletInputStream;

/** The body of a request, which may come while its call runs. */
final class Body extends ServletInputStream {
    private static final int AHEAD = 256 << 10; // bytes that may be here, or on their way, and not read
    private static final int CUT_SHORT = 4; // flag of a part

    private final Queue<ByteBuffer> pieces = new ArrayDeque<ByteBuffer>();
    private final Wire wire;
    private final Ear ear;
    private final long call;
    private int held, coming; // bytes that are here; that were asked for and are not
    private boolean over;
    private String broken; // why the rest does not come

    /** One that is all here. */
    Body(byte[] all) {
        this(all, null, new Ear(null), 0);
        over = true;
    }

    /** `first`: what came with the call. */
    Body(byte[] first, Wire wire, Ear ear, long call) {
        if (first.length > 0) pieces.add(ByteBuffer.wrap(first));
        held = first.length;
        this.wire = wire;
        this.ear = ear;
        this.call = call;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int size) throws IOException {
        if (size == 0) return 0;
        ear.lock.lock();
        try {
            askForMore();
            while (pieces.isEmpty() && !over) {
                if (ear.isOver()) throw new IOException("the server has let go");
                ear.await();
            }
            if (!pieces.isEmpty()) return take(into, from, size);
            if (broken != null) throw new IOException(broken);
            return -1;
        } finally {
            ear.lock.unlock();
        }
    }

    private int take(byte[] into, int from, int size) {
        ByteBuffer piece = pieces.peek();
        int taken = Math.min(size, piece.remaining());
        piece.get(into, from, taken);
        if (!piece.hasRemaining()) pieces.remove();
        held -= taken;
        return taken;
    }

    private void askForMore() throws IOException {
        int room = AHEAD - held - coming;
        if (over || room < AHEAD / 2) return;
        coming += room;
        wire.send(Frame.CREDIT, 0, call, ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(room).array());
    }

    /** A part. */
    void hear(Frame frame) {
        ear.lock.lock();
        if (frame.payload.length > 0) pieces.add(ByteBuffer.wrap(frame.payload));
        held += frame.payload.length;
        coming -= frame.payload.length;
        if ((frame.flags & CUT_SHORT) != 0) broken = "the client did not send the rest of the request's body";
        over = over || frame.flags != 0;
        ear.tell();
        ear.lock.unlock();
    }

    /** The call has ended. */
    void end() {
        ear.lock.lock();
        if (!over) broken = "the request's call has ended";
        over = true;
        ear.tell();
        ear.lock.unlock();
    }

    @Override
    public int available() {
        ear.lock.lock();
        try {
            return held;
        } finally {
            ear.lock.unlock();
        }
    }

    @Override
    public boolean isFinished() {
        ear.lock.lock();
        try {
            return over && pieces.isEmpty();
        } finally {
            ear.lock.unlock();
        }
    }

    @Override
    public boolean isReady() {
        return true;
    }

    @Override
    public void setReadListener(ReadListener listener) {
        throw new IllegalStateException("the request is not asynchronous");
    }
}
