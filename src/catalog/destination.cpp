#include "catalog/destination.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::catalog {

namespace {

constexpr std::size_t kBytesMax = 2048;

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidArgument"); }

Result<Destination> function_of(std::string_view text, std::string_view path,
                                const AccountId& account) {
    const auto parts = split(path, '/');
    if (parts.size() == 2 && parts[0] == "functions" && !parts[1].empty())  // API 2023-03-30
        return Destination{.target = {.account = account,
                                      .service = "default",
                                      .qualifier = "",
                                      .function = std::string(parts[1])},
                           .url = {}};
    if (parts.size() != 4 || parts[0] != "services" || parts[2] != "functions" ||
        parts[1].empty() || parts[3].empty())
        return refuse(
            fmt::format("destination '{}' does not end as services/SERVICE/functions/"
                        "FUNCTION",
                        text));
    const auto dot = parts[1].find('.');
    return Destination{
        .target = {.account = account,
                   .service = std::string(parts[1].substr(0, dot)),
                   .qualifier = dot == parts[1].npos ? "" : std::string(parts[1].substr(dot + 1)),
                   .function = std::string(parts[3])},
        .url = {}};
}

bool is_url(std::string_view text) {
    if (!text.starts_with("http://") && !text.starts_with("https://")) return false;
    const auto host = text.substr(text.find("://") + 3);
    const auto is_bad = [](char c) { return c <= ' ' || c == 127 || c == '"' || c == '\\'; };
    return !host.empty() && host.front() != '/' && host.front() != ':' &&
           std::ranges::none_of(text, is_bad) &&
           host.substr(0, host.find('/')).find('@') == host.npos;
}

}  // namespace

Result<Destination> parse_destination(std::string_view text, const AccountId& account) {
    if (text.size() > kBytesMax)
        return refuse(fmt::format("a destination has {} bytes at most", kBytesMax));
    if (text.starts_with("http://") || text.starts_with("https://")) {
        if (!is_url(text))
            return refuse(
                fmt::format("destination '{}' is no URL such as https://host/path; a "
                            "user and password cannot stand in it",
                            text));
        return Destination{.target = {.account = account}, .url = std::string(text)};
    }
    if (text.starts_with("mailto:")) {
        const auto whom = text.substr(std::string_view("mailto:").size());
        if (!whom.empty() && !is_mail_address(whom))
            return refuse(
                fmt::format("destination '{}' names no address such as "
                            "mailto:ops@example.com",
                            text));
        return Destination{.target = {.account = account}, .url = std::string(text)};
    }
    const auto parts = split(text, ':');
    const bool acs = parts.size() >= 5 && parts[0] == "acs";
    if (acs && parts[1] == "fc" && parts.size() == 5) {
        if (parts[3] != account)
            return refuse(
                fmt::format("destination '{}' is of account {}; a destination belongs to "
                            "the caller's own, {}",
                            text, parts[3], account));
        return function_of(text, parts[4], account);
    }
    if (acs && parts[1] == "eventbridge" && parts[3] == account &&
        parts[4].starts_with("eventbus/"))
        return Destination{.target = {.account = account}, .url = {}, .bus = true};
    if (acs && (parts[1] == "mns" || parts[1] == "mq"))
        return refuse(
            fmt::format("destination '{}': this version of the server has no {}; take a "
                        "function (acs:fc:…), the event bus (acs:eventbridge:…) or a webhook "
                        "(https://…)",
                        text, parts[1] == "mns" ? "message queues and topics" : "RocketMQ topics"));
    return refuse(
        fmt::format("destination '{}' is neither a function, such as "
                    "acs:fc:local:{}:services/SERVICE/functions/FUNCTION, nor a webhook, "
                    "such as https://host/path, nor mail, such as mailto:ops@example.com",
                    text, account));
}

std::string function_arn(const Target& target, std::string_view region) {
    return fmt::format("acs:fc:{}:{}:services/{}{}{}/functions/{}", region, target.account,
                       target.service, target.qualifier.empty() ? "" : ".", target.qualifier,
                       target.function);
}

}  // namespace mayfly::catalog
