package mayfly.shim;

import java.io.FileInputStream;
import java.io.FileOutputStream;

/** The shim as it is, with a function in a folder of the test's: the test is the server. */
public class ServeFolder {
    public static void main(String[] arguments) throws Exception {
        Worker.serve(new Place(new FileInputStream(Native.descriptor(3)), new FileOutputStream(Native.descriptor(4)), arguments[0]));
    }
}
