#include "objects/types.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace mayfly::objects {

std::string_view ObjectMeta::header(std::string_view lower_name) const {
    for (const auto& [name, value] : headers)
        if (name == lower_name) return value;
    return {};
}

std::string version_id(const Object& object) {
    return object.null_version ? "null" : fmt::format("{:016x}", object.version);
}

std::string opaque_etag(const Object& object) {
    return fmt::format("{:016x}{:016x}-1", object.crc64, object.body);
}

std::optional<std::string> md5_of(const Object& object) {
    if (object.kind != ObjectKind::normal || object.etag.size() != 32) return {};
    return hex_decode(object.etag);
}

}  // namespace mayfly::objects
