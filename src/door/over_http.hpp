// A request to a function's http trigger and what the function may answer. Pure.
//
// Facts of FC: /2016-08-15/proxy/{service}[.{qualifier}]/{function}[/{path}]; headers up to 8 KB,
// path and query up to 4 KB. The function does not see what is between the client and the platform
// (x-fc-*, connection, …), nor does the client see the function speak of it.
#pragma once

#include "base/result.hpp"
#include "door/http.hpp"
#include "model/call.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace mayfly::door {

inline constexpr std::string_view proxy_prefix = "/2016-08-15/proxy/";
inline constexpr std::size_t http_head_bytes_max = 8u << 10;
inline constexpr std::size_t http_target_bytes_max = 4u << 10;

// Whom a request calls, and with which path. The account is left empty.
struct HttpTarget {
    Target target;
    std::string path;  // decoded, begins with '/'
};

// invalid: PathNotSupported (no service or function in it), InvalidArgument (not UTF-8).
Result<HttpTarget> read_http_target(std::string_view path);

// Where that is: "/2016-08-15/proxy/service.qualifier/function/".
std::string http_path(const Target& target);

// invalid (InvalidArgument): more header or path and query than FC takes.
Result<void> check_http_head(const Request& request);

// What the function is told of it.
HttpPart http_part(const Request& request, std::string path);

// The function's answer for its client: takes head and body out of a reply that ended well, or the
// parts that its body comes in; where it has no body for the client they stay in the reply. `host`
// is the Host the client asked. On the default domain all is an attachment, so that no page of a
// function runs in a browser under the platform's name. invalid: ExternalRedirectForbidden.
Result<Response> http_response(Reply& reply, std::string_view host);

// Whether a Location leads to the same host.
bool stays_on(std::string_view host, std::string_view location);

}  // namespace mayfly::door
