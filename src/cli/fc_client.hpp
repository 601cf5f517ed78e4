// Speaks FC's API 2016-08-15, signed, as any public client does.
#pragma once

#include "cli/server.hpp"
#include "io/http_client.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly::cli {

// "SERVICE/FUNCTION", or "FUNCTION" in the service "default". A qualifier follows the service:
// "shop.2/cart".
struct FunctionName {
    std::string service = "default";
    std::string function;
};
Result<FunctionName> parse_function_name(std::string_view text);

class FcClient {
public:
    static Result<FcClient> open(const Context& context);

    using Query = std::vector<std::pair<std::string, std::string>>;

    // The JSON answer to a request with a JSON body (none if null). What the server refused comes
    // back as an Error whose code is its own ("FunctionNotFound").
    Result<boost::json::value> call(std::string_view method, const std::string& path,
                                    const Query& query = {},
                                    const boost::json::value& body = nullptr) const;

    // Every page of a list, as one.
    Result<boost::json::array> list(const std::string& path, std::string_view field) const;

    // The raw answer, whatever it is, with at most `limit` to wait.
    Result<io::HttpResponse> send(std::string_view method, const std::string& path,
                                  const Query& query, std::string body, io::HttpFields headers,
                                  Millis limit) const;

    // What send() sends, for whoever sends it otherwise.
    io::HttpRequest signed_request(std::string_view method, const std::string& path,
                                   const Query& query, std::string body,
                                   io::HttpFields headers) const;

    const io::HttpClient& http() const { return http_; }
    const std::string& base_url() const { return http_.base_url(); }

private:
    FcClient(io::HttpClient http, auth::AccessKey key, const Clock& clock)
        : http_(std::move(http)), key_(std::move(key)), clock_(clock) {}

    io::HttpClient http_;
    auth::AccessKey key_;
    const Clock& clock_;
};

// The error a response stands for.
Error error_of(const io::HttpResponse& response);

// Paths of the API; the names are escaped.
std::string service_path(std::string_view service);
std::string functions_path(std::string_view service);
std::string function_path(const FunctionName& name);

}  // namespace mayfly::cli
