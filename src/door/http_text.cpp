#include "door/http_text.hpp"

#include <fmt/format.h>
#include <boost/beast/http/status.hpp>

#include <initializer_list>

namespace mayfly::door {

namespace http = boost::beast::http;

Framing framing_of(const Response& response, bool is_http_1_1) {
    if (!response.more || response.length) return Framing::length;
    return is_http_1_1 ? Framing::chunks : Framing::close;
}

std::string chunk(std::string_view piece) {
    return fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
}

std::string serialized(const Response& response, Framing framing, bool keep_alive, bool head,
                       std::string_view date) {
    std::string out;
    out.reserve(512 + (head ? 0 : response.body.size()));
    const auto reason =
        http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
    const auto add = [&out](std::initializer_list<std::string_view> parts) {
        for (const auto part : parts) out += part;
    };
    add({"HTTP/1.1 ", std::to_string(response.status), " ",
         std::string_view(reason.data(), reason.size()), "\r\nDate: ", date, "\r\n"});
    for (const auto& [name, value] : response.headers) add({name, ": ", value, "\r\n"});
    if (framing == Framing::chunks) out += "Transfer-Encoding: chunked\r\n";
    else if (framing == Framing::length && response.status != 204 && response.status != 304)
        add({"Content-Length: ", std::to_string(response.length.value_or(response.body.size())),
             "\r\n"});
    out += keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
    if (head || response.body.empty()) return out;
    if (framing == Framing::chunks) out += chunk(response.body);
    else out += response.body;
    return out;
}

}  // namespace mayfly::door
