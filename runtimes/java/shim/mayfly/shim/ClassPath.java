package mayfly.shim;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Where a function's classes come from. */
final class ClassPath {
    private static final String LAYERS = "/opt/java/lib";

    private ClassPath() {}

    /** Its folder, the jars in it and in its lib, those of layers; of ours only what the function's interfaces need. */
    static ClassLoader of(String folder) throws MalformedURLException {
        List<URL> places = new ArrayList<URL>();
        places.add(new URL("file", null, folder + "/"));
        addJars(places, folder);
        addJars(places, folder + "/lib");
        addJars(places, LAYERS);
        return new URLClassLoader(places.toArray(new URL[0]), new Shared());
    }

    private static void addJars(List<URL> places, String folder) throws MalformedURLException {
        String[] names = new File(folder).list();
        if (names == null) return;
        Arrays.sort(names);
        for (String name : names) if (name.endsWith(".jar")) places.add(new File(folder, name).toURI().toURL());
    }

    /** The JDK, FC's interfaces and the servlets' interfaces. The shim and its libraries stay out of sight. */
    private static final class Shared extends ClassLoader {
        private static final ClassLoader OURS = Shared.class.getClassLoader();

        Shared() {
            super(OURS.getParent());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith("com.aliyun.fc.runtime.") || name.startsWith("javax.servlet.")) return OURS.loadClass(name);
            return super.loadClass(name, resolve);
        }
    }
}
