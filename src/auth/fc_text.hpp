// The text that the FC scheme signs, put together from a request. Used by fc_signature.cpp only.
#pragma once

#include "auth/fc_signature.hpp"

#include <string>
#include <string_view>

namespace mayfly::auth {

// The parts of the text before the resource. The views are the request's.
struct FcText {
    std::string_view method, md5, type, date;
    std::string headers;  // "x-fc-name:value\n", sorted by name

    static FcText of(const SignedRequest& request);
    std::string with(std::string_view resource) const;
};

// Without case; empty if there is none.
std::string_view header(const SignedRequest& request, std::string_view lower_name);

// True for /{version}/proxy/….
bool is_trigger_path(std::string_view path);

// "key=value" of each parameter, un-escaped ('+' is a space), sorted as whole lines, joined by
// newlines; a parameter without a value is its key alone. The parameter `except` is left out.
std::string query_lines(std::string_view query, std::string_view except = {});

// The un-escaped value of the first parameter of that name; empty if there is none.
std::string query_value(std::string_view query, std::string_view name);

}  // namespace mayfly::auth
