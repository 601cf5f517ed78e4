#include "catalog/layer_arn.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <limits>

namespace mayfly::catalog {

namespace {

std::string hash_of(const AccountId& account) { return hex(sha256(account)).substr(0, 32); }

// 0 if it is no version number.
int number(std::string_view text) {
    const auto n = parse_int(text).value_or(0);
    return n > 0 && n <= std::numeric_limits<int>::max() ? static_cast<int>(n) : 0;
}

}  // namespace

std::string layer_arn(const LayerName& v, std::string_view region) {
    return fmt::format("acs:fc:{}:{}:layers/{}/versions/{}", region, v.account, v.name, v.version);
}

std::string old_layer_arn(const LayerName& v) {
    return fmt::format("{}#{}#{}", hash_of(v.account), v.name, v.version);
}

Result<LayerName> parse_layer_arn(std::string_view arn, const AccountId& caller) {
    const auto parts = split(arn, ':');
    if (parts.size() == 5 && parts[0] == "acs" && parts[1] == "fc") {
        const auto path = split(parts[4], '/');
        if (path.size() == 4 && path[0] == "layers" && path[2] == "versions" && number(path[3]))
            return LayerName{std::string(parts[3]), std::string(path[1]), number(path[3])};
    }
    const auto old = split(arn, '#');
    if (old.size() != 3 || !number(old[2]))
        return fail(Kind::invalid,
                    fmt::format("'{}' is not the ARN of a layer version, such as "
                                "acs:fc:local:{}:layers/NAME/versions/1",
                                arn, caller),
                    "InvalidArgument");
    if (old[0] != hash_of(caller))
        return fail(Kind::not_found,
                    fmt::format("layer version '{}' does not exist in this account", arn),
                    "LayerVersionNotFound");
    return LayerName{caller, std::string(old[1]), number(old[2])};
}

}  // namespace mayfly::catalog
