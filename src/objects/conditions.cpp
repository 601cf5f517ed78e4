#include "objects/conditions.hpp"

#include "base/text.hpp"

namespace mayfly::objects {

namespace {

WallTime to_seconds(WallTime t) { return std::chrono::floor<Seconds>(t); }

}  // namespace

bool names_etag(std::string_view list, std::string_view etag) {
    for (auto one : split(list, ',')) {
        one = trim(one);
        if (one == "*") return true;
        if (one.starts_with("W/")) one.remove_prefix(2);
        if (one.size() >= 2 && one.front() == '"' && one.back() == '"')
            one = one.substr(1, one.size() - 2);
        if (iequals(one, etag)) return true;
    }
    return false;
}

Verdict judge_read(const Conditions& c, const Object& object) {
    if (!c.if_match.empty()) {
        if (!names_etag(c.if_match, object.etag)) return Verdict::failed;
    } else if (c.if_unmodified_since && to_seconds(object.modified) > *c.if_unmodified_since) {
        return Verdict::failed;
    }
    if (!c.if_none_match.empty()) {
        if (names_etag(c.if_none_match, object.etag)) return Verdict::not_modified;
    } else if (c.if_modified_since && to_seconds(object.modified) <= *c.if_modified_since) {
        return Verdict::not_modified;
    }
    return Verdict::go_on;
}

Verdict judge_write(const Conditions& c, const Object* present) {
    if (!c.if_match.empty() && (!present || !names_etag(c.if_match, present->etag)))
        return Verdict::failed;
    if (!c.if_none_match.empty() && present && names_etag(c.if_none_match, present->etag))
        return Verdict::failed;
    return Verdict::go_on;
}

}  // namespace mayfly::objects
