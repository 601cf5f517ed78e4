package com.aliyun.fc.runtime;

import java.io.IOException;

/** Runs once in each worker, before its first call. */
public interface FunctionInitializer {
    void initialize(Context context) throws IOException;
}
