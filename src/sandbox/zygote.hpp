// The loop every zygote runs: an order comes, it clones itself into a new sandbox, answers, goes
// on. The same for a warmed interpreter (whose child goes on as the worker) and for the plain
// template (whose child execs). A zygote holds no tenant data.
#pragma once

#include "base/result.hpp"
#include "sandbox/enter.hpp"

#include <functional>

namespace mayfly::sandbox {

// What an interpreter wants done around a fork; each may be null.
struct ForkHooks {
    std::function<void()> before, after_in_parent;
    std::function<void()> after_in_child;  // inside the sandbox
};

// Where a launcher leaves a new zygote's two descriptors.
inline constexpr int kZygoteControlFd = 3;  // orders in, replies out
inline constexpr int kZygoteFilterFd = 4;   // the compiled system call filter

// Reads the filter and asks the kernel what it can do.
Result<Host> inherit_host(bool rootless);

// Serves orders. Returns only in a child, inside its sandbox, with what it is to be. The zygote
// itself exits when its launcher goes.
Spec serve_orders(const Host& host, const ForkHooks& hooks);

// Becomes the exec tier's template: serves orders, and each child execs its language's shim.
[[noreturn]] void run_template(bool rootless);

}  // namespace mayfly::sandbox
