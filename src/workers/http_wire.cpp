#include "workers/http_wire.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <cstring>
#include <optional>

namespace mayfly::workers {

namespace json = boost::json;

namespace {

// Before it is parsed. Escapes make the JSON of 8 KB of headers longer, at most sixfold.
constexpr std::size_t kHeadJsonBytesMax = 64u << 10;

Failure broken(const char* what) { return fail(Kind::invalid, what); }
Failure bad(std::string what) { return fail(Kind::failed, std::move(what), "BadResponse"); }

void append_ascii(std::string& out, unsigned char c) {
    if (c == '"' || c == '\\') (out += '\\') += static_cast<char>(c);
    else if (c < 32 || c == 127) fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    else out += static_cast<char>(c);
}

// How many characters at its begin JSON takes as they are: most often all.
std::size_t plain_prefix(std::string_view text) {
    const auto end = std::ranges::find_if(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 32 || byte > 126 || byte == '"' || byte == '\\';
    });
    return static_cast<std::size_t>(end - text.begin());
}

void append_utf8(std::string& out, std::string_view text) {
    out += '"';
    const auto plain = plain_prefix(text);
    out += text.substr(0, plain);
    for (const char c : text.substr(plain)) {
        if (c & 0x80) out += c;
        else append_ascii(out, static_cast<unsigned char>(c));
    }
    out += '"';
}

void append_bytes(std::string& out, std::string_view bytes) {
    out += '"';
    const auto plain = plain_prefix(bytes);
    out += bytes.substr(0, plain);
    for (const char c : bytes.substr(plain)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 128) {
            append_ascii(out, byte);
        } else {
            out += static_cast<char>(0xC0 | byte >> 6);
            out += static_cast<char>(0x80 | (byte & 0x3F));
        }
    }
    out += '"';
}

// Nothing if a character is beyond U+00FF. `text` is UTF-8, as the JSON parser made sure.
std::optional<std::string> bytes_of(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 128) {
            out += text[i];
            continue;
        }
        if (byte > 0xC3) return std::nullopt;
        out += static_cast<char>((byte & 3) << 6 | (text[++i] & 0x3F));
    }
    return out;
}

bool is_token(std::string_view name) {  // RFC 9110, 5.6.2
    static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != marks.npos;
    });
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 32 && c != '\t') || byte == 127;
}

Result<std::pair<std::string, std::string>> read_header(const json::value& item) {
    const auto* pair = item.if_array();
    if (!pair || pair->size() != 2 || !pair->at(0).is_string() || !pair->at(1).is_string())
        return broken("a header is not a pair of strings");
    const std::string_view name = pair->at(0).get_string();
    if (!is_token(name))
        return bad(fmt::format("'{}' is not the name of an HTTP header", name.substr(0, 100)));
    auto value = bytes_of(pair->at(1).get_string());
    if (!value)
        return bad(fmt::format(
            "the header {} has characters that HTTP has no bytes for; percent-encode them", name));
    if (std::ranges::any_of(*value, is_control))
        return bad(fmt::format("the header {} has control characters, such as a line feed", name));
    return std::pair{std::string(name), *std::move(value)};
}

Result<HttpHead> read_head(const json::value& root) {
    const auto* object = root.if_object();
    const auto* status = object ? object->if_contains("status") : nullptr;
    const auto* headers = object ? object->if_contains("headers") : nullptr;
    if (!status || !headers || !headers->is_array())
        return broken("the head of an HTTP answer lacks its status or headers");
    boost::system::error_code error;
    HttpHead head{.status = status->is_number() ? status->to_number<int>(error) : 0};
    if (error || head.status < 200 || head.status > 599)
        return bad(fmt::format("the status {} is not a number from 200 to 599",
                               json::serialize(*status).substr(0, 100)));
    std::size_t bytes = 0;
    for (const auto& item : headers->get_array()) {
        TRY(auto header, read_header(item));
        bytes += header.first.size() + header.second.size() + 4;
        head.headers.push_back(std::move(header));
    }
    if (bytes > kHeadBytesMax)
        return bad(fmt::format("the headers have {} bytes together; they may have {}", bytes,
                               kHeadBytesMax));
    return head;
}

}  // namespace

void add_retry_count(std::string& about, int retry_count) {
    const auto field = fmt::format("{{\"retry_count\":{}", retry_count);
    if (about.empty()) about = field + "}";
    else about.replace(0, 1, field + ",");
}

void add_traceparent(std::string& about, const std::string& traceparent) {
    const auto field = fmt::format(R"({{"traceparent":"{}")", traceparent);
    if (about.empty()) about = field + "}";
    else about.replace(0, 1, field + ",");
}

std::string about_http(const HttpPart& request, std::size_t credit, bool more) {
    std::string out;
    out.reserve(1024);
    out += R"({"http":{"method":)";
    append_bytes(out, request.method);
    out += R"(,"path":)";
    append_utf8(out, request.path);
    out += R"(,"query":)";
    append_bytes(out, request.query);
    out += R"(,"uri":)";
    append_bytes(out, request.uri);
    out += R"(,"client_ip":)";
    append_bytes(out, request.client_ip);
    out += R"(,"headers":[)";
    for (bool first = true; const auto& [name, value] : request.headers) {
        out += std::exchange(first, false) ? "[" : ",[";
        append_bytes(out, name);
        out += ',';
        append_bytes(out, value);
        out += ']';
    }
    out += ']';
    if (credit > 0) fmt::format_to(std::back_inserter(out), R"(,"credit":{})", credit);
    if (more) out += R"(,"more":true)";
    return out += "}}";
}

Result<HttpAnswer> read_http_answer(std::string_view payload) {
    std::uint32_t size = 0;
    if (payload.size() < sizeof size) return broken("an HTTP answer without a head");
    std::memcpy(&size, payload.data(), sizeof size);
    payload.remove_prefix(sizeof size);
    if (size > payload.size())
        return broken("the head of an HTTP answer is longer than the answer");
    if (size > kHeadJsonBytesMax)
        return bad(fmt::format("the headers have more than the {} bytes they may", kHeadBytesMax));
    unsigned char buffer[8192];
    json::monotonic_resource memory(buffer, sizeof buffer);
    boost::system::error_code error;
    json::parse_options options;
    options.max_depth = 4;
    const auto root = json::parse(payload.substr(0, size), error, &memory, options);
    if (error) return broken("the head of an HTTP answer is not JSON");
    TRY(auto head, read_head(root));
    return HttpAnswer{.head = std::move(head), .body_begins = sizeof size + size};
}

}  // namespace mayfly::workers
