#include "deliver/mail.hpp"

#include "base/text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json.hpp>

#include <algorithm>

namespace mayfly::deliver {

namespace json = boost::json;

namespace {

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidMail"); }

Result<std::string> text_of(const json::object& o, std::string_view name) {
    const auto* value = o.if_contains(name);
    if (!value || value->is_null()) return std::string();
    if (!value->is_string()) return refuse(fmt::format("'{}' of a mail must be a text", name));
    return std::string(value->get_string());
}

Result<std::string> address(const json::value& value) {
    if (value.is_string() && is_mail_address(value.get_string()))
        return std::string(value.get_string());
    return refuse(
        fmt::format("'to' of a mail names {}, which is no address such as "
                    "ada@example.com",
                    json::serialize(value).substr(0, 300)));
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 127; });
}

}  // namespace

Result<Mail> read_mail(std::string_view text) {
    boost::system::error_code error;
    const auto root = json::parse(text, error);
    if (error || !root.is_object())
        return refuse(
            "a mail is an object with \"to\", \"subject\" and \"text\"; the function answered "
            "something else");
    const auto& o = root.get_object();
    Mail mail;
    const auto* to = o.if_contains("to");
    if (!to) return refuse("a mail needs \"to\", whom it is for");
    if (const auto* list = to->if_array()) {
        for (const auto& one : *list) {
            TRY(auto whom, address(one));
            mail.to.push_back(std::move(whom));
        }
    } else {
        TRY(auto whom, address(*to));
        mail.to.push_back(std::move(whom));
    }
    if (mail.to.empty() || mail.to.size() > kRecipientsMax)
        return refuse(fmt::format("a mail goes to 1 to {} addresses; this one names {}",
                                  kRecipientsMax, mail.to.size()));
    TRY(mail.subject, text_of(o, "subject"));
    TRY(mail.text, text_of(o, "text"));
    TRY(mail.html, text_of(o, "html"));
    const bool plain = std::ranges::none_of(
        mail.subject, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
    if (mail.subject.empty() || mail.subject.size() > kSubjectBytesMax || !plain)
        return refuse(
            fmt::format("'subject' of a mail is one line of 1 to {} bytes", kSubjectBytesMax));
    if (mail.text.empty() && mail.html.empty()) return refuse("a mail needs \"text\" or \"html\"");
    return mail;
}

std::string encoded_words(std::string_view text) {
    if (is_ascii(text)) return std::string(text);
    constexpr std::size_t kBytes = 45;  // 60 characters of base64: with the rest, within 75
    std::string out;
    while (!text.empty()) {
        auto end = std::min(kBytes, text.size());
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
        if (!out.empty()) out += "\r\n ";
        out += "=?UTF-8?B?" + base64(text.substr(0, end)) + "?=";
        text.remove_prefix(end);
    }
    return out;
}

std::string_view address_of(std::string_view from) {
    const auto begin = from.find('<'), end = from.find('>');
    if (begin != from.npos && end != from.npos && begin < end && trim(from.substr(end + 1)).empty())
        from = from.substr(begin + 1, end - begin - 1);
    return is_mail_address(from) ? from : std::string_view();
}

std::vector<std::string> mail_headers(const Mail& mail, const std::string& from,
                                      const std::string& id, WallTime now) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    return {fmt::format("From: {}", from),
            fmt::format("To: {}", fmt::join(mail.to, ",\r\n ")),
            "Subject: " + encoded_words(mail.subject),
            fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} +0000",
                        fmt::gmtime(std::chrono::system_clock::to_time_t(seconds))),
            fmt::format("Message-ID: <{}@mayfly>", id),
            "Auto-Submitted: auto-generated"};
}

}  // namespace mayfly::deliver
