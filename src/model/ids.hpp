// Identities as their own types, so that one cannot be passed for another.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace mayfly {

template <class Tag>
struct Id {
    std::uint64_t n = 0;
    auto operator<=>(const Id&) const = default;
};

// One revision of one function's code and configuration; a changed function gets a new id. Lives as
// long as the process: never stored.
using FunctionId = Id<struct FunctionTag>;
using WorkerId =
    Id<struct WorkerTag>;           // one sandboxed process; never reused while the process runs
using CallId = Id<struct CallTag>;  // one invocation inside this process
using TenantId = Id<struct TenantTag>;  // an account, as the scheduler knows it; never stored

}  // namespace mayfly

template <class Tag>
struct std::hash<mayfly::Id<Tag>> {
    std::size_t operator()(const mayfly::Id<Tag>& id) const noexcept {
        return std::hash<std::uint64_t>{}(id.n);
    }
};
