#include "sandbox/threads.hpp"

#include <linux/futex.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>

extern "C" {
// glibc 2.35 and later; where it registers restartable sequences, each thread has its own
// (rseq(2)).
extern const std::ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned int __rseq_size __attribute__((weak));
}

namespace mayfly::sandbox {

namespace {

constexpr std::size_t kThreadsMax = 256;
constexpr int kLooksMax = 20'000;                     // until a thread is held to be deaf for ever
constexpr std::size_t kScratchBytes = 64 << 10;       // the stack a thread starts on before its own
constexpr std::uint32_t kRseqSignature = 0x53053053;  // glibc's, sysdeps/unix/sysv/linux/x86
constexpr std::uint32_t kRseqBytes = 32;              // of the first version of the structure

const int kParkSignal = SIGRTMAX - 3;

// What makes a thread that one.
struct Parked {
    jmp_buf place;      // inside the handler
    void* thread;       // the thread pointer
    int* tid_address;   // where glibc keeps its id
    void* robust_list;  // of futexes
    char name[16];
};

// A signal handler has no argument of ours.
std::array<Parked, kThreadsMax> parked;
std::atomic<int> arrived{0}, ready{0}, generation{0};

void wait_while(std::atomic<int>& word, int value) {
    ::syscall(SYS_futex, &word, FUTEX_WAIT, value, nullptr, nullptr, 0);
}

void wake(std::atomic<int>& word) {
    ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void on_park(int) {
    const int saved_errno = errno;
    const int since = generation.load();
    auto& self = parked[static_cast<std::size_t>(arrived.fetch_add(1))];
    self.thread = __builtin_thread_pointer();
    ::prctl(PR_GET_TID_ADDRESS, &self.tid_address, 0, 0, 0);
    std::size_t size = 0;
    ::syscall(SYS_get_robust_list, 0, &self.robust_list, &size);
    ::prctl(PR_GET_NAME, self.name, 0, 0, 0);
    if (::_setjmp(self.place) == 0) {  // else: the same place, in the child
        ready.fetch_add(1);
        wake(ready);
        while (generation.load() == since) wait_while(generation, since);
    }
    errno = saved_errno;
}

// The other threads' ids, into `ids`. Reads the folder itself: opendir(3) allocates.
std::size_t others(std::array<int, kThreadsMax>& ids) {
    struct Entry {  // getdents64(2)
        std::uint64_t inode;
        std::int64_t offset;
        std::uint16_t bytes;
        std::uint8_t type;
        char name[1];  // and more, up to a NUL
    };
    alignas(8) std::array<char, 16384> block;
    const auto self = static_cast<int>(::syscall(SYS_gettid));
    const int folder = ::open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    std::size_t count = 0;
    for (;;) {
        const long got = ::syscall(SYS_getdents64, folder, block.data(), block.size());
        if (got <= 0) break;
        for (long at = 0; at < got;) {
            const auto* entry = reinterpret_cast<const Entry*>(block.data() + at);
            const int id = std::atoi(entry->name);
            if (id > 0 && id != self && count < ids.size()) ids[count++] = id;
            at += entry->bytes;
        }
    }
    ::close(folder);
    return count;
}

enum class Hearing { hears, deaf, gone };

// Whether a thread would hear the signal. "SigBlk:" of proc(5).
Hearing hearing(int id) {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/status", id);
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return Hearing::gone;
    std::array<char, 4096> text{};
    const bool got = ::read(file, text.data(), text.size() - 1) > 0;
    ::close(file);
    const char* const line = got ? std::strstr(text.data(), "SigBlk:") : nullptr;
    if (!line) return Hearing::gone;
    const auto blocked = std::strtoull(line + std::strlen("SigBlk:"), nullptr, 16);
    return (blocked >> (kParkSignal - 1) & 1) != 0 ? Hearing::deaf : Hearing::hears;
}

void register_rseq() {
    if (!&__rseq_size || __rseq_size == 0) return;
    auto* const area = static_cast<char*>(__builtin_thread_pointer()) + __rseq_offset;
    std::memset(area, 0, kRseqBytes);
    constexpr std::int32_t uninitialized = -1;
    std::memcpy(area + sizeof(std::int32_t), &uninitialized, sizeof uninitialized);  // cpu_id
    ::syscall(SYS_rseq, area, kRseqBytes, 0, kRseqSignature);
}

// A revived thread, on its scratch stack, with its own thread pointer and every signal blocked.
int resume(void* argument) {
    auto& self = *static_cast<Parked*>(argument);
    if (self.robust_list) ::syscall(SYS_set_robust_list, self.robust_list, 3 * sizeof(void*));
    register_rseq();
    ::prctl(PR_SET_NAME, self.name, 0, 0, 0);
    ::_longjmp(self.place, 1);
}

}  // namespace

Threads::Threads() {
    struct sigaction action{};
    action.sa_handler = on_park;
    action.sa_flags = SA_RESTART | SA_ONSTACK;
    ::sigfillset(&action.sa_mask);
    ::sigaction(kParkSignal, &action, nullptr);
    std::array<int, kThreadsMax> ids;
    const auto count = others(ids);
    for (std::size_t i = 0; i < count; ++i)
        if (hearing(ids[i]) == Hearing::deaf) remember_deaf(ids[i]);
}

void Threads::remember_deaf(int id) {
    if (deaf_count_ < std::ssize(deaf_)) deaf_[static_cast<std::size_t>(deaf_count_++)] = id;
}

// One that blocks the signal for a moment is waited for: it has not left the handler since the last
// time yet, or is being born, or ends. Left out, it would be missing in the child.
bool Threads::will_hear(int id) {
    const auto end = deaf_.begin() + deaf_count_;
    if (std::find(deaf_.begin(), end, id) != end) return false;
    for (int looks = 0; looks < kLooksMax; ++looks) {
        const auto found = hearing(id);
        if (found != Hearing::deaf) return found == Hearing::hears;
        ::sched_yield();
    }
    remember_deaf(id);
    return false;
}

void Threads::park() {
    std::array<int, kThreadsMax> ids;
    // All are waited for before the first is parked: what holds one up may be another's.
    const auto end = std::remove_if(ids.begin(), ids.begin() + others(ids),
                                    [this](int id) { return !will_hear(id); });
    arrived = 0;
    ready = 0;
    int wanted = 0;
    for (auto id = ids.begin(); id != end; ++id)
        if (::syscall(SYS_tgkill, ::getpid(), *id, kParkSignal) == 0) ++wanted;
    for (int now = ready.load(); now < wanted; now = ready.load()) wait_while(ready, now);
}

void Threads::release() {
    ++generation;
    wake(generation);
}

StepError Threads::revive() {
    ++generation;
    const auto count = static_cast<std::size_t>(arrived.load());
    if (count == 0) return nullptr;
    void* const memory = ::mmap(nullptr, count * kScratchBytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return "stacks to start threads on";
    sigset_t all, before;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before);
    constexpr int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                          CLONE_SYSVSEM | CLONE_SETTLS | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
    StepError failed = nullptr;
    for (std::size_t i = 0; i < count; ++i) {
        auto& thread = parked[i];
        auto* const top = static_cast<char*>(memory) + (i + 1) * kScratchBytes;
        if (::clone(resume, top, flags, &thread, nullptr, thread.thread, thread.tid_address) < 0)
            failed = "start a thread again";
    }
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    return failed;
}

}  // namespace mayfly::sandbox
