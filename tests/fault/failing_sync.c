// A disk that cannot keep what it was given: preloaded into a server, fsync and fdatasync of it answer
// EIO for every file below its data folder while the file MAYFLY_FAILING_SYNC names is there. All the rest is the
// machine's own. What a server starts is not preloaded.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char mark[PATH_MAX];    // while this file is there, syncs fail
static char folder[PATH_MAX];  // of files below this one
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

__attribute__((constructor)) static void begin(void) {
    const char* wanted = getenv("MAYFLY_FAILING_SYNC");
    const char* below = getenv("MAYFLY_FAILING_FOLDER");
    if (wanted) strncpy(mark, wanted, sizeof mark - 1);
    if (below) strncpy(folder, below, sizeof folder - 1);
    real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    unsetenv("LD_PRELOAD");
}

static int fails(int fd) {
    char link[64], path[PATH_MAX];
    if (!mark[0] || !folder[0] || access(mark, F_OK) != 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(link, path, sizeof path - 1);
    return length > 0 && strncmp(path, folder, strlen(folder)) == 0;
}

static int answer(int fd, int (*real)(int)) {
    if (!fails(fd)) return real(fd);
    errno = EIO;
    return -1;
}

int fsync(int fd) { return answer(fd, real_fsync); }
int fdatasync(int fd) { return answer(fd, real_fdatasync); }
