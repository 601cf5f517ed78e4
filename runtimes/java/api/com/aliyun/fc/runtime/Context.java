package com.aliyun.fc.runtime;

/** What a function is told about the call it serves. */
public interface Context {
    String getRequestId();

    /** The temporary keys of the service's role; empty strings without a role. */
    Credentials getExecutionCredentials();

    FunctionParam getFunctionParam();

    Service getService();

    FunctionComputeLogger getLogger();

    OpenTracing getTracing();

    /** How often this event was tried before. */
    int getRetryCount();
}
