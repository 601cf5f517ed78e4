#include "door/objects_refused.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mayfly::door {

namespace {

struct NotDone {
    std::string_view begins;  // of the name, behind "x-amz-" or "x-oss-"
    std::string_view what;
    std::string_view remedy;
};
constexpr auto kNotDone = std::to_array<NotDone>({
    {"callback", "callbacks", "use an oss trigger"},
    {"process", "image processing", "process images by a function"},
    {"server-side-encryption", "encryption", "encrypt the disk, or what you store"},
    {"object-lock-", "object lock", "keep versions instead"},
    {"object-worm-", "object lock", "keep versions instead"},
    {"website-redirect-location", "redirects", "put a web server before it"},
    {"grant-", "grants to single users", "set a policy of the bucket"},
    {"symlink-", "symbolic links", "copy the object"},
});

Failure refused(std::string_view name, const NotDone& one) {
    return fail(Kind::invalid,
                fmt::format("'{}' asks for {}, which this server does not do; {}", name, one.what,
                            one.remedy),
                "NotImplemented");
}

}  // namespace

Result<void> refuse_what_is_not_done(const Request& request, const ObjectsAsked& asked) {
    constexpr std::size_t kPrefix = 6;  // of "x-amz-"
    const auto check = [&](std::string_view name, std::string_view value) -> Result<void> {
        const auto behind = name.substr(std::min(kPrefix, name.size()));
        for (const auto& one : kNotDone)
            if (iequals(behind.substr(0, one.begins.size()), one.begins)) return refused(name, one);
        if (iequals(behind, "storage-class") && !iequals(value, "STANDARD"))
            return refused(name, {"", "another storage class", "leave it out"});
        return {};
    };
    for (const auto& [name, value] : request.headers)
        if (iequals(std::string_view(name).substr(0, kPrefix), asked.prefix()))
            TRYV(check(name, value));
    for (const auto& [name, value] : asked.query) {
        if (name.starts_with(asked.prefix())) TRYV(check(name, value));
        if (asked.oss() && (name == "callback" || name == "callback-var"))
            return refused(name, kNotDone.front());
    }
    return {};
}

}  // namespace mayfly::door
