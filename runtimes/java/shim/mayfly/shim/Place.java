package mayfly.shim;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;

/** Where a worker works: its frames, and its function's folder. */
class Place {
    private static final String CODE = "/code";
    private static final int FRAMES_IN = 3, FRAMES_OUT = 4;

    final Wire wire;
    final String folder;

    Place(FileInputStream in, FileOutputStream out, String folder) {
        wire = new Wire(in, out);
        this.folder = folder;
    }

    /** A worker's own. */
    Place() {
        this(new FileInputStream(Native.descriptor(FRAMES_IN)), new FileOutputStream(Native.descriptor(FRAMES_OUT)), CODE);
    }

    /** Before it has been told what it will run. */
    void announce() throws IOException {}

    /** Once it has been told, before any of the function's code. */
    void occupy(Setup setup) throws IOException {
        Native.enter(setup.environment, folder);
    }
}
