package mayfly.shim;

import java.io.FileInputStream;
import java.io.IOException;

/** That of a child of the zygote. Its heap was made for every size; of a parked one the code comes later. */
final class ForkedPlace extends Place {
    private static final int GATE = 127;

    private boolean parked;

    /** In the child. */
    ForkedPlace born(boolean parked) {
        this.parked = parked;
        return this;
    }

    @Override
    void announce() throws IOException {
        if (parked) wire.send(Frame.STAGE, Frame.PARKED, 0, new byte[0]);
    }

    @Override
    void occupy(Setup setup) throws IOException {
        if (parked) waitForCode();
        Native.limitHeap(setup.function.getMemoryLimitInMB());
        super.occupy(setup);
    }

    private static void waitForCode() throws IOException {
        try (FileInputStream gate = new FileInputStream(Native.descriptor(GATE))) {
            gate.read();
        }
    }
}
