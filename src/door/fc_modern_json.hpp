// API 2021-04-06 and 2023-03-30 said in the words of 2016-08-15, and its answers said back. Pure.
#pragma once

#include "base/result.hpp"
#include "door/http.hpp"

#include <string>
#include <string_view>

namespace mayfly::door {

// In API 2023-03-30 functions have no service; here they lie in this one.
inline constexpr std::string_view kServiceOf2023 = "default";

enum class FcApi { of_2021, of_2023 };

// The same request of API 2016-08-15; its body is taken over. Its path and query are not set: they
// are views of its target, wherever that comes to lie. invalid (PathNotSupported): a part of
// the API that is not served.
Result<Request> to_2016(FcApi api, Request& request);

// The answer to it in the API's own form, errors included: {"RequestId","Code","Message"}.
void from_2016(FcApi api, Response& response, std::string_view account);

}  // namespace mayfly::door
