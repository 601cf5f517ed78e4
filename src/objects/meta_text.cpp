#include "objects/meta_text.hpp"

#include <boost/json.hpp>

namespace mayfly::objects {

namespace json = boost::json;

namespace {

void put_pairs(json::object& to, std::string_view name, const Pairs& pairs) {
    if (pairs.empty()) return;
    json::array all;
    for (const auto& [key, value] : pairs) all.push_back(json::array{key, value});
    to[name] = std::move(all);
}

Pairs pairs_of(const json::object& from, std::string_view name) {
    Pairs pairs;
    const auto* all = from.if_contains(name);
    if (!all || !all->is_array()) return pairs;
    for (const auto& one : all->get_array())
        if (one.is_array() && one.get_array().size() == 2 && one.get_array()[0].is_string() &&
            one.get_array()[1].is_string())
            pairs.emplace_back(one.get_array()[0].get_string(), one.get_array()[1].get_string());
    return pairs;
}

std::string text_of(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

std::string to_text(const ObjectMeta& meta) {
    json::object out;
    put_pairs(out, "h", meta.headers);
    put_pairs(out, "u", meta.user);
    put_pairs(out, "t", meta.tags);
    if (!meta.checksum.empty()) {
        out["c"] = meta.checksum;
        out["v"] = meta.checksum_value;
    }
    if (meta.acl != Acl::inherit) out["a"] = static_cast<int>(meta.acl);
    return out.empty() ? std::string() : json::serialize(out);
}

ObjectMeta meta_of(std::string_view text) {
    ObjectMeta meta;
    if (text.empty()) return meta;
    boost::system::error_code error;
    const auto value = json::parse(text, error);
    if (error || !value.is_object()) return meta;
    const auto& in = value.get_object();
    meta.headers = pairs_of(in, "h");
    meta.user = pairs_of(in, "u");
    meta.tags = pairs_of(in, "t");
    meta.checksum = text_of(in, "c");
    meta.checksum_value = text_of(in, "v");
    if (const auto* acl = in.if_contains("a"); acl && acl->is_int64())
        meta.acl = static_cast<Acl>(acl->get_int64());
    return meta;
}

}  // namespace mayfly::objects
