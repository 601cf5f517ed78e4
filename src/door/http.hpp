// A request and a response as plain values: all the rest of the door knows of HTTP. RFC 9110, 9112.
#pragma once

#include "io/task.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly::door {

// Header fields in the order they came. Names are kept as sent and compared without case.
class Headers {
public:
    using Field = std::pair<std::string, std::string>;

    void add(std::string name, std::string value) {
        fields_.emplace_back(std::move(name), std::move(value));
    }
    // The value of the first field of that name; empty if there is none (use `has` to tell apart).
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const;

    std::span<const Field> fields() const { return fields_; }
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }

private:
    std::vector<Field> fields_;
};

struct Request {
    std::string method;      // "GET", as sent
    std::string target;      // path and query exactly as sent
    std::string_view path;   // the part of target before '?', still percent-encoded
    std::string_view query;  // the part after '?', empty if there is none
    Headers headers;
    std::string client_ip;
    std::string body;             // de-chunked
    bool body_too_large = false;  // the body was longer than its limit: it was read and dropped
};

struct Response {
    int status = 200;
    Headers headers;  // Content-Length, Date, Connection are the server's business
    std::string body;
};

// Answers one request, which lives until the task is done; whoever needs its body last may take it,
// for copying a package would hold the loop up. An exception that escapes becomes a 500
// (front.cpp).
using Handler = std::function<Task<Response>(Request&)>;

// The parameters of a query string, decoded ('+' is a space), in order. "a" and "a=" both give "".
std::vector<std::pair<std::string, std::string>> query_parameters(std::string_view query);

}  // namespace mayfly::door
