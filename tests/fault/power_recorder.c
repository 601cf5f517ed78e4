// Preloaded into the server: records what it asks the kernel to do to the files under a folder, so
// that a power cut at any moment can be played afterwards (power.py).
//
//   MAYFLY_RECORD_ROOT  the folder       MAYFLY_RECORD_LOG  where the record goes
//
// Records, in the order in which the calls took effect; integers are native: struct Head, then path,
// second path and bytes. A sync is two records: what was begun before the first is on the disk after
// the second, whose `at` is the number of the first.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum Type { CREATE = 1, WRITE, TRUNCATE, SYNC_BEGIN, SYNC_END, RENAME, UNLINK, MKDIR };

struct Head {
    uint32_t type, path_bytes, second_bytes, data_bytes;
    uint64_t number, when_ns;
    int64_t at;  // WRITE: offset. TRUNCATE: size. SYNC_END: number of its begin.
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static char root[PATH_MAX];
static size_t root_bytes;
static uint64_t number;

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("MAYFLY_RECORD_ROOT"), *log = getenv("MAYFLY_RECORD_LOG");
    unsetenv("LD_PRELOAD");  // children have nothing to do with the folder
    if (!folder || !log) return;
    strncpy(root, folder, sizeof root - 1);
    root_bytes = strlen(root);
    const int fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 900);
    syscall(SYS_close, fd);
}


static int is_ours(const char *path) {
    const size_t n = strlen(path);
    return log_fd >= 0 && strncmp(path, root, root_bytes) == 0 && path[root_bytes] == '/' &&
           !(n > 4 && strcmp(path + n - 4, "-shm") == 0);  // rebuilt from the log beside it
}

// The path of an open file under the root, or nothing.
static int path_of(int fd, char *path) {
    if (log_fd < 0 || fd < 0 || fd == log_fd) return 0;
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t n = syscall(SYS_readlinkat, AT_FDCWD, link, path, (size_t)PATH_MAX - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    return is_ours(path) || strcmp(path, root) == 0;
}

static int absolute(int dir, const char *name, char *path) {
    if (log_fd < 0 || !name) return 0;
    if (name[0] == '/') {
        strncpy(path, name, PATH_MAX - 1);
        path[PATH_MAX - 1] = 0;
    } else {
        char link[40], base[PATH_MAX];
        if (dir == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
        else snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
        const ssize_t n = syscall(SYS_readlinkat, AT_FDCWD, link, base, sizeof base - 1);
        if (n <= 0) return 0;
        base[n] = 0;
        if (snprintf(path, PATH_MAX, "%s/%s", base, name) >= PATH_MAX) return 0;
    }
    return is_ours(path);
}

// With the mutex held.
static uint64_t note(enum Type type, const char *path, const char *second, const struct iovec *data, int pieces, size_t bytes,
                     int64_t at) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct Head head = {type, (uint32_t)strlen(path), second ? (uint32_t)strlen(second) : 0, (uint32_t)bytes, ++number,
                        (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec, at};
    struct iovec all[64] = {{&head, sizeof head}, {(void *)path, head.path_bytes}, {(void *)second, head.second_bytes}};
    int n = 3;
    size_t left = bytes;
    for (int i = 0; i < pieces && left > 0 && n < 64; ++i) {
        all[n] = data[i];
        if (all[n].iov_len > left) all[n].iov_len = left;
        left -= all[n++].iov_len;
    }
    size_t whole = 0;
    for (int i = 0; i < n; ++i) whole += all[i].iov_len;
    if (left > 0 || syscall(SYS_writev, log_fd, all, n) != (ssize_t)whole) {
        dprintf(2, "power_recorder: the record cannot be written\n");
        abort();
    }
    return head.number;
}

#define LOCKED(expression, type, ...)                 \
    pthread_mutex_lock(&mutex);                       \
    const __typeof__(expression) done = (expression); \
    const int reason = errno;                         \
    if (done >= 0) note(type, __VA_ARGS__);           \
    pthread_mutex_unlock(&mutex);                     \
    errno = reason;                                   \
    return done

static int open_any(int dir, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    const int ours = absolute(dir, name, path);
    struct stat about;
    if (!ours || !(flags & (O_CREAT | O_TRUNC))) return (int)syscall(SYS_openat, dir, name, flags, mode);
    pthread_mutex_lock(&mutex);
    const int there = syscall(SYS_newfstatat, dir, name, &about, 0) == 0;
    const int fd = (int)syscall(SYS_openat, dir, name, flags, mode);
    const int reason = errno;
    if (fd >= 0 && !there) note(CREATE, path, NULL, NULL, 0, 0, 0);
    else if (fd >= 0 && (flags & O_TRUNC)) note(TRUNCATE, path, NULL, NULL, 0, 0, 0);
    pthread_mutex_unlock(&mutex);
    errno = reason;
    return fd;
}

#define MODE(flags)                     \
    mode_t mode = 0;                    \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { \
        va_list rest;                   \
        va_start(rest, flags);          \
        mode = va_arg(rest, mode_t);    \
        va_end(rest);                   \
    }
int open(const char *name, int flags, ...) { MODE(flags) return open_any(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE(flags) return open_any(AT_FDCWD, name, flags | O_LARGEFILE, mode); }
int openat(int dir, const char *name, int flags, ...) { MODE(flags) return open_any(dir, name, flags, mode); }
int openat64(int dir, const char *name, int flags, ...) { MODE(flags) return open_any(dir, name, flags | O_LARGEFILE, mode); }

static ssize_t write_at(int fd, const struct iovec *data, int pieces, int64_t at) {
    char path[PATH_MAX];
    if (!path_of(fd, path))
        return at < 0 ? syscall(SYS_writev, fd, data, pieces) : syscall(SYS_pwritev, fd, data, pieces, at, 0);
    pthread_mutex_lock(&mutex);
    int64_t from = at;
    if (at < 0) {  // an appending descriptor writes at the end, wherever it stands
        const int flags = (int)syscall(SYS_fcntl, fd, F_GETFL);
        from = syscall(SYS_lseek, fd, 0, (flags & O_APPEND) ? SEEK_END : SEEK_CUR);
    }
    const ssize_t done = at < 0 ? syscall(SYS_writev, fd, data, pieces) : syscall(SYS_pwritev, fd, data, pieces, at, 0);
    const int reason = errno;
    if (done > 0) note(WRITE, path, NULL, data, pieces, (size_t)done, from);
    pthread_mutex_unlock(&mutex);
    errno = reason;
    return done;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    const struct iovec one = {(void *)bytes, count};
    return write_at(fd, &one, 1, -1);
}
ssize_t writev(int fd, const struct iovec *data, int pieces) { return write_at(fd, data, pieces, -1); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    const struct iovec one = {(void *)bytes, count};
    return write_at(fd, &one, 1, at);
}
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return pwrite64(fd, bytes, count, at); }

int ftruncate64(int fd, off64_t size) {
    char path[PATH_MAX];
    if (!path_of(fd, path)) return (int)syscall(SYS_ftruncate, fd, size);
    LOCKED((int)syscall(SYS_ftruncate, fd, size), TRUNCATE, path, NULL, NULL, 0, 0, size);
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int sync_any(long call, int fd) {
    char path[PATH_MAX];
    if (!path_of(fd, path)) return (int)syscall(call, fd);
    pthread_mutex_lock(&mutex);
    const uint64_t begun = note(SYNC_BEGIN, path, NULL, NULL, 0, 0, 0);
    pthread_mutex_unlock(&mutex);
    LOCKED((int)syscall(call, fd), SYNC_END, path, NULL, NULL, 0, 0, (int64_t)begun);
}
int fsync(int fd) { return sync_any(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_any(SYS_fdatasync, fd); }

int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    char first[PATH_MAX], second[PATH_MAX];
    if (!absolute(from_dir, from, first) || !absolute(to_dir, to, second))
        return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
    LOCKED((int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0), RENAME, first, second, NULL, 0, 0, 0);
}
int rename(const char *from, const char *to) { return renameat(AT_FDCWD, from, AT_FDCWD, to); }

int unlinkat(int dir, const char *name, int flags) {
    char path[PATH_MAX];
    if (!absolute(dir, name, path)) return (int)syscall(SYS_unlinkat, dir, name, flags);
    LOCKED((int)syscall(SYS_unlinkat, dir, name, flags), UNLINK, path, NULL, NULL, 0, 0, 0);
}
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }
int remove(const char *name) {
    const int done = unlinkat(AT_FDCWD, name, 0);
    return done != 0 && errno == EISDIR ? rmdir(name) : done;
}

int mkdirat(int dir, const char *name, mode_t mode) {
    char path[PATH_MAX];
    if (!absolute(dir, name, path)) return (int)syscall(SYS_mkdirat, dir, name, mode);
    LOCKED((int)syscall(SYS_mkdirat, dir, name, mode), MKDIR, path, NULL, NULL, 0, 0, 0);
}
int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }
