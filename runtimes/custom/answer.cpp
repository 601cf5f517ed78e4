#include "custom/answer.hpp"

#include "base/text.hpp"
#include "workers/wire.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <cstring>

namespace mayfly::custom {

namespace json = boost::json;

namespace {

constexpr std::size_t kMessageBytesMax = 8192;

// JSON wants UTF-8; headers, and what broken programs say, may be Latin-1.
json::string as_utf8(std::string_view text) {
    boost::system::error_code error;
    json::parse(json::serialize(json::string(text)), error);
    if (!error) return json::string(text);
    json::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80) out.push_back(static_cast<char>(0xC0 | byte >> 6));
        out.push_back(byte < 0x80 ? c : static_cast<char>(0x80 | (byte & 0x3F)));
    }
    return out;
}

std::string error_json(std::string_view message, std::string_view type) {
    auto end = std::min(message.size(), kMessageBytesMax);
    while (end < message.size() && end > 0 && (message[end] & 0xC0) == 0x80) --end;
    return json::serialize(json::object{{"errorMessage", as_utf8(message.substr(0, end))},
                                        {"errorType", json::string(type)}});
}

bool is_error_json(std::string_view body) {
    boost::system::error_code error;
    const auto value = json::parse(body, error);
    return !error && value.is_object() && value.get_object().contains("errorMessage");
}

std::string head_of(const Response& response, bool with_length) {
    json::array headers;
    for (const auto& h : response.headers)
        if (!belongs_to_the_hop(h.name) || (with_length && iequals(h.name, "content-length")))
            headers.push_back(json::array{as_utf8(h.name), as_utf8(h.value)});
    const auto about =
        json::serialize(json::object{{"status", response.status}, {"headers", std::move(headers)}});
    const auto size = static_cast<std::uint32_t>(about.size());
    std::string head(4, '\0');
    std::memcpy(head.data(), &size, 4);
    return head + about;
}

bool says_failed(const Response& response) {
    return response.status / 100 != 2 || value_of(response.headers, "x-fc-status") == "404";
}

}  // namespace

Answer event_answer(Response response) {
    if (!says_failed(response)) return {.body = std::move(response.body)};
    if (is_error_json(response.body))
        return {.flags = workers::kRaised, .body = std::move(response.body)};
    const auto type = response.status / 100 == 2 ? std::string("x-fc-status 404")
                                                 : fmt::format("HTTP {}", response.status);
    const auto message = response.body.empty()
                             ? fmt::format("the function's program answered {}", type)
                             : std::move(response.body);
    return {.flags = workers::kRaised, .body = error_json(message, type)};
}

Answer http_answer(Response response) {
    auto head = head_of(response, false);
    return {.flags = kHttpAnswer, .head = std::move(head), .body = std::move(response.body)};
}

std::string parts_head(const Response& response) { return head_of(response, true); }

Answer parts_end() { return {.flags = kHttpAnswer, .head = {}, .body = {}}; }

Answer failure_answer(const Error& error) {
    return {.flags = workers::kRaised,
            .body = error_json(error.what, error.code.empty() ? "BadResponse" : error.code)};
}

}  // namespace mayfly::custom
