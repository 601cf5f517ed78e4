package com.aliyun.fc.runtime;

/** Writes lines to the function's log, each with time, level and request id. */
public interface FunctionComputeLogger {
    enum Level { TRACE, DEBUG, INFO, WARN, ERROR, FATAL }

    void trace(String message);

    void debug(String message);

    void info(String message);

    void warn(String message);

    void error(String message);

    void fatal(String message);

    /** Lines below this level are not written. */
    void setLogLevel(Level level);
}
