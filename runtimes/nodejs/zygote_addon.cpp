// The Node-API addon `mayfly_zygote`: the zygote loop of src/sandbox with the care Node.js needs
// around a fork. Built against the stable ABI (Node-API 8), so one file serves every Node.js
// from 12.22 on.
#define NAPI_VERSION 8
#include <node_api.h>

#include "sandbox/threaded_zygote.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

extern "C" void mayfly_after_fork_in_child();  // preload.cpp

namespace {

namespace sandbox = mayfly::sandbox;

napi_value number(napi_env env, double value) {
    napi_value out;
    napi_create_double(env, value, &out);
    return out;
}

napi_value raise(napi_env env, const char* what) {
    napi_throw_error(env, nullptr, what);
    return nullptr;
}

// serve(rootless: boolean): {worker: number, parked: boolean}. Returns in a child only, inside its
// sandbox: which worker it is.
napi_value serve(napi_env env, napi_callback_info info) {
    std::size_t count = 1;
    napi_value argument = nullptr;
    bool rootless = false;
    napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
    if (napi_get_value_bool(env, argument, &rootless) != napi_ok)
        return raise(env, "serve(rootless): a boolean is missing");
    auto host = sandbox::inherit_host(rootless);
    if (!host) return raise(env, host.error().what.c_str());
    const auto spec =
        sandbox::serve_orders_with_threads(*std::move(host), mayfly_after_fork_in_child);
    napi_value about, parked;
    napi_create_object(env, &about);
    napi_set_named_property(env, about, "worker", number(env, static_cast<double>(spec.worker)));
    napi_get_boolean(env, spec.parked, &parked);
    napi_set_named_property(env, about, "parked", parked);
    return about;
}

// pipe(): [read end, write end].
napi_value make_pipe(napi_env env, napi_callback_info) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return raise(env, std::strerror(errno));
    napi_value both;
    napi_create_array_with_length(env, 2, &both);
    for (std::uint32_t i = 0; i < 2; ++i) napi_set_element(env, both, i, number(env, ends[i]));
    return both;
}

// exit(status: number). Joins no thread: those of V8 live in the zygote only.
napi_value exit_now(napi_env env, napi_callback_info info) {
    std::size_t count = 1;
    napi_value argument = nullptr;
    std::int32_t status = 0;
    napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
    napi_get_value_int32(env, argument, &status);
    ::_exit(status);
}

}  // namespace

NAPI_MODULE_INIT() {
    constexpr struct {
        const char* name;
        napi_callback function;
    } all[] = {{"serve", serve}, {"pipe", make_pipe}, {"exit", exit_now}};
    for (const auto& [name, function] : all) {
        napi_value value;
        napi_create_function(env, name, NAPI_AUTO_LENGTH, function, nullptr, &value);
        napi_set_named_property(env, exports, name, value);
    }
    return exports;
}
