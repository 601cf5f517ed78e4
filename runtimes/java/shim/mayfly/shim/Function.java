package mayfly.shim;

import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.FunctionInitializer;
import com.aliyun.fc.runtime.PreFreezeHandler;
import com.aliyun.fc.runtime.PreStopHandler;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.HashMap;
import java.util.Map;

/** The user's code: loaded while the first call is on its way, and loaded anew if that failed. */
final class Function {
    private static final String SEPARATOR = "::";

    private final Setup setup;
    private final String folder;
    private final Wire wire;
    private ClassLoader loader;
    private final Map<String, Object> instances = new HashMap<String, Object>(); // by class
    private Handler handler;
    private Throwable early; // why it could not be loaded: the first call says so
    private volatile boolean ready;

    Function(Setup setup, String folder, Wire wire) {
        this.setup = setup;
        this.folder = folder;
        this.wire = wire;
    }

    void loadEarly() {
        try {
            load();
        } catch (Throwable error) {
            early = error;
        }
    }

    /** The handler, once the initializer has run. */
    Handler handler(Context context) throws Throwable {
        if (!ready) prepare(context);
        Thread.currentThread().setContextClassLoader(loader);
        return handler;
    }

    private synchronized void prepare(Context context) throws Throwable {
        if (ready) return;
        Throwable failed = early;
        early = null;
        if (failed != null) throw failed;
        if (handler == null) load();
        if (!setup.initializer.isEmpty()) {
            hook(setup.initializer, "initialize", FunctionInitializer.class).initialize(context);
            wire.send(Frame.STAGE, Frame.INITIALIZED, 0, new byte[0]);
        }
        ready = true;
    }

    /** Frame.PRE_FREEZE or PRE_STOP; what was never ready has nothing to put in order. */
    void runHook(int which, Context context) throws Throwable {
        if (!ready) return;
        Thread.currentThread().setContextClassLoader(loader);
        if (which == Frame.PRE_FREEZE) hook(setup.preFreeze, "preFreeze", PreFreezeHandler.class).preFreeze(context);
        else hook(setup.preStop, "preStop", PreStopHandler.class).preStop(context);
    }

    private void load() throws Throwable {
        instances.clear();
        loader = ClassPath.of(folder);
        Thread.currentThread().setContextClassLoader(loader);
        handler = new Handler(instance(setup.handler, "handleRequest"), setup.handler);
    }

    /** The object that `name` (package.Class::method) speaks of, as one that can do what FC calls `method`. */
    private <T> T hook(String name, String method, Class<T> kind) throws Throwable {
        Object found = instance(name, method);
        if (!kind.isInstance(found)) throw new ClassCastException("'" + name + "' does not implement " + kind.getName());
        return kind.cast(found);
    }

    private Object instance(String name, String method) throws Throwable {
        int end = name.indexOf(SEPARATOR);
        if (end <= 0 || !name.substring(end + SEPARATOR.length()).equals(method))
            throw new IllegalArgumentException("'" + name + "' is not of the form package.Class::" + method);
        String type = name.substring(0, end);
        Object known = instances.get(type);
        if (known != null) return known;
        Object made = make(type);
        instances.put(type, made);
        return made;
    }

    private Object make(String type) throws Throwable {
        Class<?> found;
        try {
            found = Class.forName(type, true, loader);
        } catch (ClassNotFoundException missing) {
            throw new ClassNotFoundException(
                "class '" + type + "' is not in the package: no " + type.replace('.', '/') + ".class at its root, nor in a jar there or in lib/");
        }
        try {
            Constructor<?> constructor = found.getDeclaredConstructor();
            constructor.setAccessible(true);
            return constructor.newInstance();
        } catch (NoSuchMethodException missing) {
            throw new NoSuchMethodException("class '" + type + "' has no constructor without parameters");
        } catch (InvocationTargetException raised) {
            throw raised.getCause();
        }
    }
}
