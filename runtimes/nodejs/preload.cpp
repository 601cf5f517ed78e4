// Loaded before Node.js in its zygote, so that it can be forked.
//
// V8 marks its heap MADV_DONTFORK: a child would have none. And libuv and OpenSSL renew themselves
// in handlers that only fork(3) runs, while a sandboxed child is made by clone3(2): the handlers
// are kept here, for the zygote to run (pthread_atfork(3); glibc registers them by
// __register_atfork).
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <dlfcn.h>

namespace {

using Handler = void (*)();
constexpr int kHandlersMax = 64;
Handler in_child[kHandlersMax];
int handlers = 0;

}  // namespace

extern "C" {

int madvise(void* address, size_t bytes, int advice) noexcept {
    if (advice == MADV_DONTFORK) return 0;
    return static_cast<int>(::syscall(SYS_madvise, address, bytes, advice));
}

// V8 wishes for each 256 KiB of its heap at an address drawn by chance: each then has page tables
// of its own, and every child a copy of them. Where the kernel puts them they lie side by side.
void* mmap(void* wish, size_t bytes, int protection, int flags, int file, off_t offset) noexcept {
    if ((flags & MAP_ANONYMOUS) && !(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))) wish = nullptr;
    return reinterpret_cast<void*>(
        ::syscall(SYS_mmap, wish, bytes, protection, flags, file, offset));
}

void* mmap64(void* wish, size_t bytes, int protection, int flags, int file, off_t offset) noexcept {
    return mmap(wish, bytes, protection, flags, file, offset);
}

int __register_atfork(Handler before, Handler in_parent, Handler child, void* library) {
    using Register = int (*)(Handler, Handler, Handler, void*);
    static const auto next = reinterpret_cast<Register>(::dlsym(RTLD_NEXT, "__register_atfork"));
    if (child && handlers < kHandlersMax) in_child[handlers++] = child;
    return next(before, in_parent, child, library);
}

// In a child that was cloned: what fork(3) would have run there, in the order of registration.
void mayfly_after_fork_in_child() {
    for (int i = 0; i < handlers; ++i) in_child[i]();
}
}
