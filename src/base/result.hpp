// Errors are values. An operation that can fail for a reason a caller may meet in normal life
// returns Result<T>; a bug is a CHECK (check.hpp), never a Result.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace mayfly {

// Named by what the caller can do next. Add a kind only when some caller would act differently.
enum class Kind : std::uint8_t {
    invalid,      // the request is wrong: fix it
    denied,       // the caller may not do this
    not_found,    // no such thing
    conflict,     // someone changed it first: read again, then retry
    busy,         // over a limit: retry later
    timed_out,    // the time given ran out
    unavailable,  // a part we need is away
    failed,       // the user's function failed
    internal,     // our fault
};

// `what` is one sentence for a human that names cause and remedy; it never holds a secret.
// `code` is the stable name callers may branch on ("FunctionNotFound"); empty means the kind says
// it all.
struct Error {
    Kind kind = Kind::internal;
    std::string what;
    std::string code;

    Error(Kind k, std::string w, std::string c = {})
        : kind(k), what(std::move(w)), code(std::move(c)) {}
};

template <class T>
using Result = std::expected<T, Error>;

using Failure = std::unexpected<Error>;

// return fail(Kind::invalid, "…");
inline Failure fail(Kind kind, std::string what, std::string code = {}) {
    return Failure(Error(kind, std::move(what), std::move(code)));
}

}  // namespace mayfly

// TRY(auto file, open(path));        hands the error to our caller, or gives us the value.
// TRYV(write(file, text));           the same where there is no value.
// CO_TRY, CO_TRYV                    the same inside a coroutine.
#define MAYFLY_CAT2(a, b) a##b
#define MAYFLY_CAT(a, b) MAYFLY_CAT2(a, b)
#define MAYFLY_TRY(leave, temp, decl, ...)                       \
    auto&& temp = (__VA_ARGS__);                                 \
    if (!temp) leave ::mayfly::Failure(std::move(temp).error()); \
    decl = *std::move(temp)
#define MAYFLY_TRYV(leave, temp, ...) \
    if (auto&& temp = (__VA_ARGS__); !temp) leave ::mayfly::Failure(std::move(temp).error())
#define TRY(decl, ...) MAYFLY_TRY(return, MAYFLY_CAT(try_, __COUNTER__), decl, __VA_ARGS__)
#define TRYV(...) MAYFLY_TRYV(return, MAYFLY_CAT(try_, __COUNTER__), __VA_ARGS__)
#define CO_TRY(decl, ...) MAYFLY_TRY(co_return, MAYFLY_CAT(try_, __COUNTER__), decl, __VA_ARGS__)
#define CO_TRYV(...) MAYFLY_TRYV(co_return, MAYFLY_CAT(try_, __COUNTER__), __VA_ARGS__)
