package mayfly.shim;

import com.aliyun.fc.runtime.FunctionParam;
import com.aliyun.fc.runtime.Service;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What a worker is told first: the function it runs. */
final class Setup {
    final String handler, initializer, preFreeze, preStop; // package.Class::method; empty: there is none
    final int concurrency;
    final byte[][] environment;
    final FunctionParam function;
    final Service service;

    Setup(byte[] payload) throws IOException {
        Map<String, Object> told = Json.object(payload, 0, payload.length);
        if (!Integer.valueOf(1).equals(told.get("protocol"))) throw new IOException("setup is not of protocol 1");
        handler = (String) told.get("handler");
        initializer = (String) told.get("initializer");
        Map<?, ?> hooks = (Map<?, ?>) told.get("hooks");
        preFreeze = hooks == null ? "" : text(hooks, "pre_freeze");
        preStop = hooks == null ? "" : text(hooks, "pre_stop");
        concurrency = (Integer) told.get("concurrency");
        environment = variables((Map<?, ?>) told.get("environment"));
        Map<?, ?> context = (Map<?, ?>) told.get("context");
        function = new FunctionFacts((Map<?, ?>) context.get("function"));
        service = new ServiceFacts((Map<?, ?>) context.get("service"));
    }

    private static byte[][] variables(Map<?, ?> environment) {
        byte[][] variables = new byte[environment.size()][];
        int n = 0;
        for (Map.Entry<?, ?> variable : environment.entrySet())
            variables[n++] = (variable.getKey() + "=" + variable.getValue()).getBytes(StandardCharsets.UTF_8);
        return variables;
    }

    private static String text(Map<?, ?> told, String name) {
        Object value = told.get(name);
        return value == null ? "" : value.toString();
    }

    private static int number(Map<?, ?> told, String name) {
        Object value = told.get(name);
        return value instanceof Integer ? (Integer) value : 0;
    }

    private static final class FunctionFacts implements FunctionParam {
        private final Map<?, ?> told;

        FunctionFacts(Map<?, ?> told) {
            this.told = told;
        }

        @Override
        public String getFunctionName() {
            return text(told, "name");
        }

        @Override
        public String getFunctionHandler() {
            return text(told, "handler");
        }

        @Override
        public String getFunctionInitializer() {
            return text(told, "initializer");
        }

        @Override
        public int getExecTimeLimitInMillis() {
            return number(told, "timeout") * 1000;
        }

        @Override
        public int getMemoryLimitInMB() {
            return number(told, "memory");
        }
    }

    private static final class ServiceFacts implements Service {
        private final Map<?, ?> told;

        ServiceFacts(Map<?, ?> told) {
            this.told = told;
        }

        @Override
        public String getName() {
            return text(told, "name");
        }

        @Override
        public String getLogProject() {
            return text(told, "log_project");
        }

        @Override
        public String getLogStore() {
            return text(told, "log_store");
        }

        @Override
        public String getQualifier() {
            return text(told, "qualifier");
        }

        @Override
        public String getVersionId() {
            return text(told, "version_id");
        }
    }
}
