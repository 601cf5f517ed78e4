// The Node-API addon `pipe`: read(2) and write(2) as they are, and memory that another process
// shares.
//
// What node:fs has for them checks and wraps more than the call itself costs, and throws where
// there is nothing to read: a call of a function is one read and one write.
#define NAPI_VERSION 8
#include <node_api.h>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace {

struct Arguments {
    std::int32_t descriptor = -1;
    char* bytes = nullptr;
    std::size_t size = 0;
    std::int64_t begin = 0, end = 0;
    bool good = false;
};

// (descriptor: number, bytes: Buffer, begin: number, end: number), a range within the bytes.
Arguments arguments_of(napi_env env, napi_callback_info info) {
    Arguments a;
    std::size_t count = 4;
    napi_value given[4];
    void* data = nullptr;
    a.good = napi_get_cb_info(env, info, &count, given, nullptr, nullptr) == napi_ok &&
             napi_get_value_int32(env, given[0], &a.descriptor) == napi_ok &&
             napi_get_buffer_info(env, given[1], &data, &a.size) == napi_ok &&
             napi_get_value_int64(env, given[2], &a.begin) == napi_ok &&
             napi_get_value_int64(env, given[3], &a.end) == napi_ok && 0 <= a.begin &&
             a.begin <= a.end && a.end <= static_cast<std::int64_t>(a.size);
    a.bytes = static_cast<char*>(data) + a.begin;
    return a;
}

template <class Call>
napi_value carry_out(napi_env env, napi_callback_info info, Call call) {
    const auto a = arguments_of(env, info);
    if (!a.good) {
        napi_throw_type_error(env, nullptr, "a descriptor, a Buffer and a range of it are wanted");
        return nullptr;
    }
    ssize_t n;
    do {
        n = call(a.descriptor, a.bytes, static_cast<std::size_t>(a.end - a.begin));
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN) {
        napi_throw_error(env, nullptr, std::strerror(errno));
        return nullptr;
    }
    napi_value out;
    napi_create_int64(env, n, &out);
    return out;
}

// How many bytes came; 0: the end; -1: none yet, of a descriptor that does not wait.
napi_value read_some(napi_env env, napi_callback_info info) { return carry_out(env, info, ::read); }

// How many bytes were taken; -1: none now.
napi_value write_some(napi_env env, napi_callback_info info) {
    return carry_out(env, info, ::write);
}

// share(descriptor: number): ArrayBuffer, all that the file of memory holds, and closes it; null if
// there is no such descriptor.
napi_value share(napi_env env, napi_callback_info info) {
    std::size_t count = 1;
    napi_value given, memory;
    std::int32_t descriptor = -1;
    struct stat file{};
    napi_get_cb_info(env, info, &count, &given, nullptr, nullptr);
    napi_get_value_int32(env, given, &descriptor);
    napi_get_null(env, &memory);
    if (::fstat(descriptor, &file) != 0) return memory;
    const auto bytes = static_cast<std::size_t>(file.st_size);
    void* begin = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    ::close(descriptor);
    if (begin != MAP_FAILED)
        napi_create_external_arraybuffer(env, begin, bytes, nullptr, nullptr, &memory);
    return memory;
}

}  // namespace

NAPI_MODULE_INIT() {
    napi_value read, write, map;
    napi_create_function(env, "read", NAPI_AUTO_LENGTH, read_some, nullptr, &read);
    napi_create_function(env, "write", NAPI_AUTO_LENGTH, write_some, nullptr, &write);
    napi_create_function(env, "share", NAPI_AUTO_LENGTH, share, nullptr, &map);
    napi_set_named_property(env, exports, "share", map);
    napi_set_named_property(env, exports, "read", read);
    napi_set_named_property(env, exports, "write", write);
    return exports;
}
