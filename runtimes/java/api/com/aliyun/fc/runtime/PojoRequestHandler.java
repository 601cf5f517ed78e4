package com.aliyun.fc.runtime;

/** A function from an object to an object; both travel as JSON. */
public interface PojoRequestHandler<I, O> {
    O handleRequest(I input, Context context);
}
