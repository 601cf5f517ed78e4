#include "triggers/cloud_event.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::triggers {

namespace json = boost::json;

namespace {

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidArgument"); }

// Binary mode: attributes are headers, the body is the data.
Result<json::object> from_headers(std::string_view content_type,
                                  const std::vector<std::pair<std::string, std::string>>& headers,
                                  std::string_view body) {
    json::object event;
    for (const auto& [name, value] : headers)
        if (const auto small = lower(name); small.starts_with("ce-"))
            event[small.substr(3)] = percent_decode(value);
    if (!content_type.empty()) event["datacontenttype"] = content_type;
    boost::system::error_code error;
    auto data = json::parse(body, error);
    if (!error) event["data"] = std::move(data);
    else if (is_utf8(body)) event["data"] = body;
    else event["data_base64"] = base64(body);
    return check_cloud_event(std::move(event));
}

}  // namespace

Result<json::object> check_cloud_event(json::object event) {
    for (const auto* name : {"id", "source", "type"}) {
        const auto* value = event.if_contains(name);
        if (!value || !value->is_string() || value->get_string().empty())
            return refuse(
                fmt::format("an event needs '{}', a text that is not empty (CloudEvents "
                            "1.0: id, source, type)",
                            name));
        if (value->get_string().size() > 256)
            return refuse(fmt::format("'{}' of an event has 256 bytes at most", name));
    }
    const auto* version = event.if_contains("specversion");
    if (!version) event["specversion"] = "1.0";
    else if (*version != "1.0")
        return refuse(fmt::format("specversion is {}; it must be \"1.0\"",
                                  json::serialize(*version).substr(0, 100)));
    return event;
}

Result<std::vector<json::object>> read_cloud_events(
    std::string_view content_type, const std::vector<std::pair<std::string, std::string>>& headers,
    std::string_view body) {
    std::vector<json::object> events;
    for (const auto& [name, _] : headers)
        if (iequals(name, "ce-id") || iequals(name, "ce-type")) {
            TRY(auto event, from_headers(content_type, headers, body));
            events.push_back(std::move(event));
            return events;
        }
    boost::system::error_code error;
    auto root = json::parse(body, error);
    if (error || !(root.is_object() || root.is_array()))
        return refuse("the request body must be an event or a list of them, as JSON");
    json::array list;
    if (root.is_array()) list = std::move(root.get_array());
    else list.push_back(std::move(root));
    if (list.empty() || list.size() > kBatchMax)
        return refuse(
            fmt::format("a batch has 1 to {} events; this one has {}", kBatchMax, list.size()));
    for (auto& value : list) {
        if (!value.is_object()) return refuse("an event must be a JSON object");
        TRY(auto event, check_cloud_event(std::move(value.get_object())));
        events.push_back(std::move(event));
    }
    return events;
}

}  // namespace mayfly::triggers
