#include "door/objects_xml.hpp"

#include "auth/http_date.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <pugixml.hpp>

namespace mayfly::door {

namespace {

constexpr int kDepthMax = 32;  // no document of the protocol has more than six

Failure malformed(std::string_view what) {
    return fail(Kind::invalid, fmt::format("the document is malformed: {}", what), "MalformedXML");
}

// Walked without recursion, as pugixml reads it: nothing of ours may recurse over what is deep.
bool too_deep(const pugi::xml_document& document) {
    int depth = 0;
    for (auto node = document.first_child(); node;) {
        if (node.first_child()) {
            if (++depth > kDepthMax) return true;
            node = node.first_child();
            continue;
        }
        while (node && !node.next_sibling()) {
            node = node.parent();
            --depth;
        }
        if (node) node = node.next_sibling();
    }
    return false;
}

std::string_view local(const char* name) {
    const std::string_view whole(name);
    const auto colon = whole.find(':');
    return colon == whole.npos ? whole : whole.substr(colon + 1);
}

Result<pugi::xml_node> root_of(pugi::xml_document& document, std::string_view text,
                               std::string_view root) {
    if (!is_utf8(text)) return malformed("it is not UTF-8");
    if (text.find("<!DOCTYPE") != text.npos) return malformed("it has a DOCTYPE");
    const auto read = document.load_buffer(text.data(), text.size(),
                                           pugi::parse_default | pugi::parse_ws_pcdata_single,
                                           pugi::encoding_utf8);
    if (!read) return malformed(read.description());
    if (too_deep(document)) return malformed("it is nested too deeply");
    const auto node = document.document_element();
    if (local(node.name()) != root)
        return malformed(fmt::format("its root is '{}' instead of '{}'", local(node.name()), root));
    return node;
}

std::string text_of(const pugi::xml_node& node, const char* name) { return node.child_value(name); }

std::vector<std::string> texts_of(const pugi::xml_node& node, const char* name) {
    std::vector<std::string> all;
    for (const auto& one : node.children(name)) all.emplace_back(trim(one.child_value()));
    return all;
}

Result<int> number_of(const pugi::xml_node& node, std::string_view name) {
    const auto number = parse_int(trim(node.child_value()));
    if (!number || *number < 0 || *number > 1'000'000)
        return malformed(fmt::format("{} is not a number", name));
    return static_cast<int>(*number);
}

Failure not_done(std::string_view what) {
    return fail(Kind::invalid,
                fmt::format("{} of a lifecycle rule is not done by this server", what),
                "NotImplemented");
}

Result<void> read_filter(const pugi::xml_node& filter, objects::LifecycleRule& rule) {
    for (const auto& part : filter.children()) {
        const auto name = local(part.name());
        if (name == "Prefix") {
            rule.prefix = part.child_value();
        } else if (name == "And") {
            TRYV(read_filter(part, rule));
        } else if (!name.empty()) {
            return not_done(fmt::format("the filter '{}'", name));
        }
    }
    return {};
}

Result<void> read_expiration(const pugi::xml_node& node, objects::LifecycleRule& rule) {
    for (const auto& part : node.children()) {
        const auto name = local(part.name());
        if (name == "Days") {
            TRY(rule.days, number_of(part, "Days"));
            if (*rule.days == 0) return malformed("Days is 1 or more");
        } else if (name == "Date" || name == "CreatedBeforeDate") {
            std::string text(trim(part.child_value()));
            if (const auto dot = text.find('.'); dot != text.npos) text = text.substr(0, dot) + "Z";
            rule.before = auth::parse_http_date(text);
            if (!rule.before) return malformed(fmt::format("{} is no ISO 8601 date", name));
        } else if (!name.empty()) {
            return not_done(name);
        }
    }
    return {};
}

// False if the rule is there but disabled.
Result<bool> read_rule(const pugi::xml_node& node, objects::LifecycleRule& rule) {
    const auto status = trim(node.child_value("Status"));
    if (status != "Enabled" && status != "Disabled")
        return malformed("the Status of a Rule is Enabled or Disabled");
    for (const auto& part : node.children()) {
        const auto name = local(part.name());
        if (name == "Prefix") {
            rule.prefix = part.child_value();
        } else if (name == "Filter") {
            TRYV(read_filter(part, rule));
        } else if (name == "Expiration") {
            TRYV(read_expiration(part, rule));
        } else if (name == "AbortIncompleteMultipartUpload") {
            TRY(rule.upload_days, number_of(part.child("DaysAfterInitiation"), name));
        } else if (name == "AbortMultipartUpload") {
            TRY(rule.upload_days, number_of(part.child("Days"), name));
        } else if (!name.empty() && name != "ID" && name != "Status") {
            return not_done(name);
        }
    }
    if (!rule.days && !rule.before && !rule.upload_days)
        return malformed("a Rule says neither when objects expire nor when uploads do");
    return status == "Enabled";
}

}  // namespace

Result<DeleteList> read_delete(std::string_view text) {
    pugi::xml_document document;
    TRY(const auto root, root_of(document, text, "Delete"));
    DeleteList list{.quiet = iequals(trim(text_of(root, "Quiet")), "true")};
    for (const auto& one : root.children("Object")) {
        if (!one.child("Key")) return malformed("an Object has no Key");
        if (list.keys.size() == 1000) return malformed("it names more than 1,000 objects");
        objects::WantedVersion version;
        if (one.child("VersionId")) version = text_of(one, "VersionId");
        list.keys.emplace_back(text_of(one, "Key"), std::move(version));
    }
    if (list.keys.empty()) return malformed("it names no object");
    return list;
}

Result<std::vector<std::pair<int, std::string>>> read_complete(std::string_view text) {
    pugi::xml_document document;
    TRY(const auto root, root_of(document, text, "CompleteMultipartUpload"));
    std::vector<std::pair<int, std::string>> parts;
    for (const auto& one : root.children("Part")) {
        const auto number = parse_int(trim(text_of(one, "PartNumber")));
        if (!number || *number < 1 || *number > 10'000)
            return fail(Kind::invalid, "a part's number is 1 to 10,000", "InvalidPart");
        if (parts.size() == 10'000) return malformed("it names more than 10,000 parts");
        parts.emplace_back(static_cast<int>(*number), std::string(trim(text_of(one, "ETag"))));
    }
    if (parts.empty()) return malformed("it names no part");
    return parts;
}

Result<objects::Pairs> read_tagging(std::string_view text) {
    pugi::xml_document document;
    TRY(const auto root, root_of(document, text, "Tagging"));
    objects::Pairs tags;
    for (const auto& one : root.child("TagSet").children("Tag"))
        tags.emplace_back(text_of(one, "Key"), text_of(one, "Value"));
    return tags;
}

Result<objects::Versioning> read_versioning_document(std::string_view text) {
    pugi::xml_document document;
    TRY(const auto root, root_of(document, text, "VersioningConfiguration"));
    const auto status = text_of(root, "Status");
    if (status == "Enabled") return objects::Versioning::enabled;
    if (status == "Suspended") return objects::Versioning::suspended;
    return malformed("Status is neither Enabled nor Suspended");
}

Result<std::vector<objects::LifecycleRule>> read_lifecycle(std::string_view text) {
    pugi::xml_document document;
    TRY(const auto root, root_of(document, text, "LifecycleConfiguration"));
    std::vector<objects::LifecycleRule> rules;
    for (const auto& one : root.children("Rule")) {
        objects::LifecycleRule rule;
        TRY(const bool enabled, read_rule(one, rule));
        if (enabled) rules.push_back(std::move(rule));
        if (rules.size() > 1000) return malformed("it has more than 1,000 rules");
    }
    return rules;
}

Result<std::vector<CorsRule>> read_cors(std::string_view text) {
    pugi::xml_document document;
    TRY(const auto root, root_of(document, text, "CORSConfiguration"));
    std::vector<CorsRule> rules;
    for (const auto& one : root.children("CORSRule")) {
        CorsRule rule{.origins = texts_of(one, "AllowedOrigin"),
                      .methods = texts_of(one, "AllowedMethod"),
                      .headers = texts_of(one, "AllowedHeader"),
                      .exposed = texts_of(one, "ExposeHeader")};
        if (rule.origins.empty() || rule.methods.empty())
            return malformed("a CORSRule needs an AllowedOrigin and an AllowedMethod");
        if (one.child("MaxAgeSeconds")) {
            TRY(rule.max_age_s, number_of(one.child("MaxAgeSeconds"), "MaxAgeSeconds"));
        }
        rules.push_back(std::move(rule));
        if (rules.size() > 100) return malformed("it has more than 100 rules");
    }
    if (rules.empty()) return malformed("it has no CORSRule");
    return rules;
}

Result<void> check_document(std::string_view text, std::string_view root) {
    pugi::xml_document document;
    TRYV(root_of(document, text, root));
    return {};
}

}  // namespace mayfly::door
