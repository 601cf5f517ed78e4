#include "custom/request.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace mayfly::custom {

namespace {

// Nobody ends a line, or a message, from inside a value.
void append_clean(std::string& out, std::string_view text) {
    for (const char c : text)
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) out += c;
}

void append(std::string& head, std::string_view name, std::string_view value) {
    append_clean(head, name);
    head += ": ";
    append_clean(head, value);
    head += "\r\n";
}

std::string begin(std::string_view method, std::string_view target) {
    std::string head;
    head.reserve(1024);
    append_clean(head, method);
    head += ' ';
    append_clean(head, target);
    head += " HTTP/1.1\r\n";
    return head;
}

void append_host(std::string& head, const Setup& setup) {
    append(head, "Host", "127.0.0.1:" + std::to_string(setup.port));
}

// What every request says of the worker and its call, and the end of the headers. `length`: of the
// body; empty: nobody knows.
Request finish(const Setup& setup, const Call& call, std::string method, std::string head,
               std::string_view control_path, std::string_view body, std::string_view length) {
    append(head, "x-fc-control-path", control_path);
    for (const auto& h : call.own) append(head, h.name, h.value);
    for (const auto& h : setup.constants) append(head, h.name, h.value);
    if (length.empty()) append(head, "Transfer-Encoding", "chunked");
    else append(head, "Content-Length", length);
    head += "\r\n";
    return {.method = std::move(method),
            .head = std::move(head),
            .body = body,
            .chunked = length.empty()};
}

Request finish(const Setup& setup, const Call& call, std::string method, std::string head,
               std::string_view control_path, std::string_view body) {
    return finish(setup, call, std::move(method), std::move(head), control_path, body,
                  std::to_string(body.size()));
}

// A decoded path once more as the target of a request.
std::string encoded(std::string_view path) {
    constexpr std::string_view kept = "/-._~!$&'()*+,;=:@";
    std::string out;
    for (const char c : path) {
        if (kept.find(c) != kept.npos) out += c;
        else out += percent_encode({&c, 1});
    }
    return out.starts_with('/') ? out : "/" + out;
}

// Where the function's own path begins in the path as it was sent; the whole length if nowhere.
std::size_t base_length(std::string_view sent, std::string_view own) {
    for (auto at = sent.find('/'); at != sent.npos; at = sent.find('/', at + 1))
        if (percent_decode(sent.substr(at)) == own) return at;
    return sent.size();
}

Request http_request(const Setup& setup, const Call& call) {
    const auto& http = *call.http;
    const auto sent = std::string_view(http.uri).substr(0, http.uri.find('?'));
    const auto base = base_length(sent, http.path);
    // As it was sent where that is known: "%2F" and "/" are not the same to everybody.
    auto target = base < sent.size() ? std::string(sent.substr(base)) : encoded(http.path);
    if (!http.query.empty()) target += "?" + http.query;
    auto head = begin(http.method, target);
    if (value_of(http.headers, "host").empty()) append_host(head, setup);
    for (const auto& h : http.headers)
        if (!belongs_to_the_hop(h.name) && !lower(h.name).starts_with("x-fc-"))
            append(head, h.name, h.value);
    if (base > 0 && base < sent.size())
        append(head, "x-fc-base-path", std::string(sent.substr(0, base)) + "/");
    const auto length = http.more ? std::string(value_of(http.headers, "content-length"))
                                  : std::to_string(call.event().size());
    return finish(setup, call, http.method, std::move(head), "/http-invoke", call.event(), length);
}

}  // namespace

Request initialize_request(const Setup& setup, const Call& call) {
    auto head = begin("POST", "/initialize");
    append_host(head, setup);
    return finish(setup, call, "POST", std::move(head), "/initialize", {});
}

Request hook_request(const Setup& setup, const Call& call, workers::Hook hook) {
    const auto path = hook == workers::Hook::pre_freeze ? "/pre-freeze" : "/pre-stop";
    auto head = begin("GET", path);
    append_host(head, setup);
    auto request = finish(setup, call, "GET", std::move(head), path, {});
    request.once = true;
    return request;
}

Request call_request(const Setup& setup, const Call& call) {
    if (call.http) return http_request(setup, call);
    auto head = begin("POST", "/invoke");
    append_host(head, setup);
    append(head, "Content-Type", "application/octet-stream");
    return finish(setup, call, "POST", std::move(head), "/invoke", call.event());
}

Request health_request(const Setup& setup) {
    auto head = begin("GET", setup.health->path);
    append_host(head, setup);
    head += "\r\n";
    return {.method = "GET", .head = std::move(head), .body = {}};
}

bool is_idempotent(std::string_view method) {
    constexpr std::string_view methods[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
    return std::ranges::find(methods, method) != std::end(methods);
}

}  // namespace mayfly::custom
