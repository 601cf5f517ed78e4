package mayfly.shim;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Frames of the worker protocol (runtimes/PROTOCOL.md) over a pair of pipes. */
final class Wire {
    private static final int HEADER = 16; // bytes
    private static final int PACKET = 4096; // bytes: a frame that long comes whole in one read, and alone
    private static final int CHUNK = 1 << 16; // bytes: what a pipe holds; Java copies each write outside its heap

    private final FileInputStream in;
    private final FileOutputStream out;
    private final byte[] packet = new byte[PACKET + HEADER];
    private int ahead; // bytes in it, of the next frame: one that waited came in a stream with others

    Wire(FileInputStream in, FileOutputStream out) {
        this.in = in;
        this.out = out;
    }

    /** The next frame; null once the server has let go. For one thread at a time. */
    Frame next() throws IOException {
        int have = ahead;
        while (have < HEADER) {
            int got = in.read(packet, have, PACKET);
            if (got <= 0) return null;
            have += got;
        }
        ByteBuffer header = ByteBuffer.wrap(packet).order(ByteOrder.LITTLE_ENDIAN);
        byte[] payload = new byte[header.getInt(0)];
        int begun = Math.min(have - HEADER, payload.length);
        System.arraycopy(packet, HEADER, payload, 0, begun);
        for (int at = begun; at < payload.length; ) {
            int got = in.read(payload, at, Math.min(payload.length - at, CHUNK));
            if (got <= 0) return null;
            at += got;
        }
        Frame frame = new Frame(packet[4], packet[5] & 0xff, header.getLong(8), payload);
        ahead = have - HEADER - begun;
        System.arraycopy(packet, HEADER + begun, packet, 0, ahead);
        return frame;
    }

    synchronized void send(int kind, int flags, long call, byte[] payload) throws IOException {
        int first = Math.min(payload.length, CHUNK - HEADER);
        ByteBuffer buffer = ByteBuffer.allocate(HEADER + first).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(payload.length).put((byte) kind).put((byte) flags).putShort((short) 0).putLong(call);
        out.write(buffer.put(payload, 0, first).array());
        for (int at = first; at < payload.length; at += CHUNK)
            out.write(payload, at, Math.min(payload.length - at, CHUNK));
    }
}
