package mayfly.shim;

import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.Credentials;
import com.aliyun.fc.runtime.FunctionComputeLogger;
import com.aliyun.fc.runtime.FunctionParam;
import com.aliyun.fc.runtime.OpenTracing;
import com.aliyun.fc.runtime.Service;
import java.util.Collections;
import java.util.Map;

/** FC's context of one call. */
final class CallContext implements Context, Credentials, OpenTracing {
    private final Setup setup;
    private final Call call;
    private final FunctionComputeLogger logger;

    CallContext(Setup setup, Call call) {
        this.setup = setup;
        this.call = call;
        this.logger = new Logger(call.requestId);
    }

    private String key(String name) {
        Map<?, ?> keys = (Map<?, ?>) call.about.get("credentials");
        Object value = keys == null ? null : keys.get(name);
        return value == null ? "" : (String) value;
    }

    @Override
    public String getRequestId() {
        return call.requestId;
    }

    @Override
    public Credentials getExecutionCredentials() {
        return this;
    }

    @Override
    public FunctionParam getFunctionParam() {
        return setup.function;
    }

    @Override
    public Service getService() {
        return setup.service;
    }

    @Override
    public FunctionComputeLogger getLogger() {
        return logger;
    }

    @Override
    public OpenTracing getTracing() {
        return this;
    }

    @Override
    public int getRetryCount() {
        Object count = call.about.get("retry_count");
        return count == null ? 0 : (Integer) count;
    }

    @Override
    public String getAccessKeyId() {
        return key("access_key_id");
    }

    @Override
    public String getAccessKeySecret() {
        return key("access_key_secret");
    }

    @Override
    public String getSecurityToken() {
        return key("security_token");
    }

    @Override
    public String getSpanContext() {
        Object parent = call.about.get("traceparent");
        return parent == null ? "" : (String) parent;
    }

    @Override
    public Map<String, String> getSpanBaggages() {
        return Collections.emptyMap();
    }

    @Override
    public String getJaegerEndpoint() {
        return "";
    }
}
