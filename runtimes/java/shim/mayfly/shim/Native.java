package mayfly.shim;

import java.io.File;
import java.io.FileDescriptor;
import java.io.IOException;

/** What Java cannot do by itself; zygote_library.cpp has it. */
final class Native {
    static {
        System.load(beside("mayfly_java.so"));
    }

    private Native() {}

    /** The path of a file of this runtime. From /code, and from where the build runs the shim (CMakeLists.txt). */
    static String beside(String name) {
        try {
            return new File("../rt/java", name).getCanonicalPath();
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    /** The open descriptor of that number. */
    static native FileDescriptor descriptor(int number);

    /** A pipe of packets: its read end, its write end. */
    static native int[] pipe();

    static native void close(int descriptor);

    /**
     * Makes `variables`, each NAME=value in UTF-8, the whole environment, and `folder` the working folder. Java
     * reads the environment when somebody first asks for it, so this comes before any of the function's code.
     */
    static native void enter(byte[][] variables, String folder);

    /** Serves the launcher's orders. Returns in a child only, inside its sandbox: whether it is a parked one. */
    static native boolean serve(boolean rootless);

    /** In a child: lets its heap grow as far as a function of that much memory may. */
    static native void limitHeap(int megabytes);
}
