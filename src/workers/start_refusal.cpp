#include "workers/start_refusal.hpp"

#include "base/text.hpp"
#include "workers/log_book.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace mayfly::workers {

namespace json = boost::json;

namespace {

constexpr std::string_view kCodes[] = {"CAExited", "CAFileNotFound", "CAFilePermission",
                                       "FunctionNotStarted"};
constexpr std::size_t kPrintedMax = 2048;

std::string text(const json::object& o, std::string_view name) {
    const auto* value = o.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

std::optional<Error> start_refusal(std::string_view answer, std::string_view printed) {
    boost::system::error_code error;
    const auto value = json::parse(answer, error);
    if (error || !value.is_object()) return std::nullopt;
    const auto code = text(value.get_object(), "errorType");
    if (std::ranges::find(kCodes, code) == std::end(kCodes)) return std::nullopt;
    auto what = text(value.get_object(), "errorMessage");
    if (const auto words = trim(tail(printed, kPrintedMax)); !words.empty())
        what.append("; it printed: ").append(words);
    return Error(Kind::failed, what, code);
}

}  // namespace mayfly::workers
