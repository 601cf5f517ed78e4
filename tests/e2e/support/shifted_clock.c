// Preloaded into a server that is to live in another time: adds MAYFLY_TEST_SHIFT seconds to the
// machine's wall clock. The monotonic clock stays.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t id, struct timespec* t) {
    static int (*real)(clockid_t, struct timespec*);
    static long shift;
    if (!real) {
        const char* text = getenv("MAYFLY_TEST_SHIFT");
        shift = text ? atol(text) : 0;
        real = (int (*)(clockid_t, struct timespec*))dlsym(RTLD_NEXT, "clock_gettime");
    }
    const int done = real(id, t);
    if (done == 0 && id == CLOCK_REALTIME) t->tv_sec += shift;
    return done;
}
