package com.aliyun.fc.runtime;

import java.io.IOException;

/** Runs before a worker is ended. */
public interface PreStopHandler {
    void preStop(Context context) throws IOException;
}
