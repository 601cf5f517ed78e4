// CHECK states what must be true if our own code is right. It stays on in release builds: a process
// that knows it is wrong stops at once, and what was durable comes back after a restart.
#pragma once

#include <cstdio>
#include <cstdlib>

#define CHECK(cond)                                                                         \
    do {                                                                                    \
        if (!(cond)) {                                                                      \
            std::fprintf(stderr, "CHECK failed: %s at %s:%d\n", #cond, __FILE__, __LINE__); \
            std::abort();                                                                   \
        }                                                                                   \
    } while (false)
