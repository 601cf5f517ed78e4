#include "custom/call.hpp"

#include <boost/json.hpp>

#include <cstring>

namespace mayfly::custom {

namespace json = boost::json;

namespace {

std::string text(const json::object& o, std::string_view name) {
    const auto* value = o.if_contains(name);
    return value ? std::string(value->as_string()) : std::string();
}

Http http(const json::object& o) {
    const auto* credit = o.if_contains("credit");
    Http h{.method = text(o, "method"),
           .path = text(o, "path"),
           .query = text(o, "query"),
           .uri = text(o, "uri"),
           .headers = {},
           .credit = credit ? credit->to_number<std::size_t>() : 0,
           .more = o.contains("more")};
    for (const auto& header : o.at("headers").as_array()) {
        const auto& pair = header.as_array();
        h.headers.push_back(
            {std::string(pair.at(0).as_string()), std::string(pair.at(1).as_string())});
    }
    return h;
}

void read_about(Call& call, const json::object& o) {
    if (const auto* count = o.if_contains("retry_count"))
        call.own.push_back({"x-fc-retry-count", json::serialize(*count)});
    if (o.contains("traceparent")) call.own.push_back({"traceparent", text(o, "traceparent")});
    if (const auto* keys = o.if_contains("credentials")) {
        const auto& k = keys->as_object();
        call.own.push_back({"x-fc-access-key-id", text(k, "access_key_id")});
        call.own.push_back({"x-fc-access-key-secret", text(k, "access_key_secret")});
        call.own.push_back({"x-fc-security-token", text(k, "security_token")});
    }
    if (const auto* over_http = o.if_contains("http")) call.http = http(over_http->as_object());
}

}  // namespace

Result<Call> read_call(std::uint64_t id, std::string payload) {
    const auto broken = [] { return fail(Kind::invalid, "a call frame that is cut short"); };
    if (payload.empty()) return broken();
    const std::size_t id_end = 1 + static_cast<unsigned char>(payload[0]);
    if (payload.size() < id_end + 4) return broken();
    std::uint32_t about_size = 0;
    std::memcpy(&about_size, payload.data() + id_end, 4);
    const std::size_t event_at = id_end + 4 + about_size;
    if (payload.size() < event_at) return broken();
    Call call{.id = id, .request_id = payload.substr(1, id_end - 1), .event_at = event_at};
    call.own.push_back({"x-fc-request-id", call.request_id});
    try {
        if (about_size > 0)
            read_about(
                call,
                json::parse(std::string_view(payload).substr(id_end + 4, about_size)).as_object());
    } catch (const std::exception& e) {  // Boost.JSON says so of a missing or mistyped field
        return fail(Kind::invalid, std::string("what is said about a call: ") + e.what());
    }
    call.payload = std::move(payload);
    return call;
}

}  // namespace mayfly::custom
