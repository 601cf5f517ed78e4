// A small HTTP/1.1 client for callers who can wait: the command line and tests.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly::io {

using HttpFields = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
    std::string method = "GET";
    std::string target = "/";  // path and query, percent-encoded
    HttpFields headers;        // Host, Content-Length and Connection are added
    std::string body;
};

struct HttpResponse {
    int status = 0;
    HttpFields headers;
    std::string body;  // de-chunked

    // The first field of that name, compared without case; empty if there is none.
    std::string_view header(std::string_view name) const;
};

// Knows one server. Each request has a connection of its own. Any thread, one at a time.
class HttpClient {
public:
    // "http://HOST[:PORT]", port 80 if none is given; HOST may be [v6]. invalid: anything else.
    static Result<HttpClient> to(std::string_view base_url);

    // Sends and blocks until the whole response is there, whatever its status.
    // unavailable: no connection, or it broke; timed_out: not done within `limit`.
    // A request that failed may have been carried out, unless the connection was refused.
    Result<HttpResponse> send(const HttpRequest& request, Millis limit) const;

    const std::string& base_url() const { return base_url_; }  // without a slash at its end
    const std::string& host() const { return host_; }
    const std::string& port() const { return port_; }

private:
    HttpClient(std::string base_url, std::string host, std::string port)
        : base_url_(std::move(base_url)), host_(std::move(host)), port_(std::move(port)) {}

    std::string base_url_, host_, port_;
};

}  // namespace mayfly::io
