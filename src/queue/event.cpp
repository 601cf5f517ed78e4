#include "queue/event.hpp"

#include "base/text.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace mayfly::queue {

namespace json = boost::json;

namespace {

constexpr std::size_t kSignatureBytesMax = 200;
constexpr std::size_t kFailureBytesMax = 1000;

// JSON holds text and HTTP holds bytes: bytes from 128 on are the characters U+0080 to U+00FF.
std::string to_latin(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            text += c;
        } else {
            text += static_cast<char>(0xc0 | byte >> 6);
            text += static_cast<char>(0x80 | (byte & 0x3f));
        }
    }
    return text;
}
std::string from_latin(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x80 || i + 1 == text.size()) bytes += text[i];
        else bytes += static_cast<char>((byte & 0x03) << 6 | (text[++i] & 0x3f));
    }
    return bytes;
}

json::object http_json(const HttpPart& http) {
    json::array headers;
    for (const auto& [name, value] : http.headers)
        headers.push_back(json::array{to_latin(name), to_latin(value)});
    return {{"method", http.method},         {"path", http.path},
            {"query", to_latin(http.query)}, {"uri", to_latin(http.uri)},
            {"clientIp", http.client_ip},    {"headers", std::move(headers)}};
}

std::string text(const json::object& o, std::string_view name) {
    const auto* found = o.if_contains(name);
    return found ? std::string(found->as_string()) : std::string();
}

HttpPart http_of(const json::object& o) {
    HttpPart http{.method = text(o, "method"),
                  .path = text(o, "path"),
                  .query = from_latin(text(o, "query")),
                  .uri = from_latin(text(o, "uri")),
                  .client_ip = text(o, "clientIp")};
    for (const auto& header : o.at("headers").as_array())
        http.headers.emplace_back(from_latin(header.at(0).as_string()),
                                  from_latin(header.at(1).as_string()));
    return http;
}

// What is empty is not written.
std::string head_of(const Event& e) {
    json::object o{{"account", e.target.account}};
    const auto add = [&](std::string_view name, const std::string& value) {
        if (!value.empty()) o[name] = value;
    };
    add("service", e.target.service);
    add("qualifier", e.target.qualifier);
    add("function", e.target.function);
    add("url", e.url);
    add("trigger", e.trigger);
    add("name", e.trigger_name);
    add("parent", e.parent);
    add("task", e.task_id);
    if (e.depth > 0) o["depth"] = e.depth;
    if (e.http) o["http"] = http_json(*e.http);
    if (e.cause_span) {
        o["traceparent"] = traceparent(*e.cause_span);
        add("tracestate", to_latin(e.cause_span->state));
    }
    return json::serialize(o);
}

std::string host_of(std::string_view url) {
    const auto begin = url.find("://");
    auto rest = begin == url.npos ? url : url.substr(begin + 3);
    return std::string(rest.substr(0, rest.find_first_of("/?#")));
}

struct Failed {
    std::string type, message;
};

Failed failed(std::string_view answer) {
    boost::system::error_code error;
    const auto value = json::parse(answer, error);
    Failed out;
    if (!error && value.is_object()) {
        const auto read = [&](const char* name) {
            const auto* found = value.get_object().if_contains(name);
            return found && found->is_string() ? std::string(found->get_string()) : std::string();
        };
        out.type = read("errorType");
        out.message = read("errorMessage");
        if (out.message.empty()) out.message = read("ErrorMessage");
    }
    if (out.type.empty() && out.message.empty()) out.message = std::string(answer);
    return out;
}

// Cut where a character begins.
std::string cut(std::string text, std::size_t most) {
    if (text.size() <= most) return text;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
    text.resize(most);
    return text;
}

std::string printable(std::string text) {
    if (!is_utf8(text)) return "(not text)";
    return text;
}

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Runs of digits, and words of hex digits that hold one, become '#'.
std::string without_numbers(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        if (!is_word(text[i])) {
            out += text[i++];
            continue;
        }
        auto end = i;
        while (end < text.size() && is_word(text[end])) ++end;
        const auto word = text.substr(i, end - i);
        const bool id = word.size() >= 8 && std::ranges::all_of(word, is_hex) &&
                        std::ranges::any_of(word, is_digit);
        bool number = false;
        for (const char c : id ? std::string_view("#") : word) {
            if (!is_digit(c)) out += c;
            else if (!number) out += '#';
            number = is_digit(c);
        }
        i = end;
    }
    return out;
}

}  // namespace

std::string lane_of(const AccountId& account, const std::string& service,
                    const std::string& function) {
    return account + '/' + service + '/' + function;
}

std::string lane_of(const Event& event) {
    if (!event.url.empty()) return event.target.account + "/~url/" + host_of(event.url);
    return lane_of(event.target.account, event.target.service, event.target.function);
}

NewTask to_task(Event event, WallTime now) {
    auto head = head_of(event);
    auto lane = lane_of(event);
    return {.id = std::move(event.id),
            .lane = std::move(lane),
            .dedup = std::move(event.task_id),
            .kind = std::move(event.trigger),
            .head = std::move(head),
            .body = std::move(event.body),
            .accepted = now,
            .due = std::max(now, event.not_before)};
}

Result<Event> to_event(std::string id, std::string_view head, std::string body) {
    try {
        const auto value = json::parse(head);
        const auto& o = value.as_object();
        Event event{
            .id = std::move(id),
            .target = {.account = text(o, "account"),
                       .service = text(o, "service"),
                       .qualifier = text(o, "qualifier"),
                       .function = text(o, "function")},
            .url = text(o, "url"),
            .trigger = text(o, "trigger"),
            .trigger_name = text(o, "name"),
            .body = std::move(body),
            .task_id = text(o, "task"),
            .parent = text(o, "parent"),
            .cause_span = parse_trace(text(o, "traceparent"), from_latin(text(o, "tracestate")))};
        if (const auto* depth = o.if_contains("depth")) event.depth = depth->to_number<int>();
        if (const auto* http = o.if_contains("http")) event.http = http_of(http->as_object());
        return event;
    } catch (const std::exception& e) {
        return fail(Kind::internal,
                    std::string("the head of an event cannot be read: ") + e.what());
    }
}

std::string failure_text(std::string_view answer) {
    auto [type, message] = failed(answer);
    auto all = type.empty() ? message : message.empty() ? type : type + ": " + message;
    return cut(printable(std::move(all)), kFailureBytesMax);
}

std::string signature_of(std::string_view answer) {
    return cut(without_numbers(failure_text(answer)), kSignatureBytesMax);
}

}  // namespace mayfly::queue
