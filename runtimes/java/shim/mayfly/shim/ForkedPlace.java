package mayfly.shim;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;

/** That of a child of the zygote. Its heap was made for every size; of a parked one the code comes later. */
final class ForkedPlace extends Place {
    private static final int GATE = 127;

    private final boolean parked;
    private final int gate;

    ForkedPlace(boolean parked) {
        this.parked = parked;
        gate = GATE;
    }

    /** One to rehearse at: a parked one. */
    ForkedPlace(FileInputStream in, FileOutputStream out, int gate, String folder) {
        super(in, out, folder);
        this.parked = true;
        this.gate = gate;
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

    private void waitForCode() throws IOException {
        try (FileInputStream open = new FileInputStream(Native.descriptor(gate))) {
            open.read();
        }
    }
}
