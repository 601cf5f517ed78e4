// If-Match and its relatives (RFC 9110, §13), decided. Pure.
#pragma once

#include "objects/types.hpp"

#include <optional>
#include <string>

namespace mayfly::objects {

// The headers as they came; empty ones were not sent. Times have whole seconds, as in HTTP.
struct Conditions {
    std::string if_match, if_none_match;
    std::optional<WallTime> if_modified_since, if_unmodified_since;

    bool any() const {
        return !if_match.empty() || !if_none_match.empty() || if_modified_since ||
               if_unmodified_since;
    }
};

enum class Verdict { go_on, not_modified, failed };

// For reading: If-Match wins over If-Unmodified-Since, If-None-Match over If-Modified-Since.
Verdict judge_read(const Conditions& conditions, const Object& object);

// For writing over `present` (null: there is no such object): If-Match needs it to be there,
// If-None-Match: * needs it not to be.
Verdict judge_write(const Conditions& conditions, const Object* present);

// True if a list of entity tags ("*", or quoted ones) names `etag`; case does not matter.
bool names_etag(std::string_view list, std::string_view etag);

}  // namespace mayfly::objects
