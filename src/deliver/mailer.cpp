#include "deliver/mailer.hpp"

#include "deliver/mail.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>

namespace mayfly::deliver {

namespace {

struct Free {
    void operator()(CURL* c) const { curl_easy_cleanup(c); }
    void operator()(curl_slist* l) const { curl_slist_free_all(l); }
    void operator()(curl_mime* m) const { curl_mime_free(m); }
};
using Lines = std::unique_ptr<curl_slist, Free>;

void append(Lines& lines, const std::string& line) {
    lines.reset(curl_slist_append(lines.release(), line.c_str()));
}

void add_part(curl_mime* mime, const std::string& body, const char* type) {
    if (body.empty()) return;
    auto* part = curl_mime_addpart(mime);
    curl_mime_data(part, body.data(), body.size());
    curl_mime_type(part, type);
    curl_mime_encoder(part, "quoted-printable");
}

// Without user and password, for what people read.
std::string host_of(const std::string& relay) {
    const auto begin = relay.find("://") + 3;
    const auto at = relay.rfind('@');
    return relay.substr(at == relay.npos ? begin : at + 1);
}

Result<std::string> judged(CURL* curl, CURLcode code, const Mailer::Options& options) {
    if (code == CURLE_OK) return std::string("taken by ") + host_of(options.relay);
    const auto host = host_of(options.relay);
    long answer = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
    if (answer >= 500 && answer < 600)
        return fail(Kind::denied, fmt::format("mail server {} refuses it with {}", host, answer),
                    "MailRefused");
    if (code == CURLE_OPERATION_TIMEDOUT)
        return fail(Kind::timed_out, fmt::format("mail server {} did not answer in time", host));
    if (answer >= 400)
        return fail(Kind::unavailable,
                    fmt::format("mail server {} asks to come back later ({})", host, answer));
    return fail(Kind::unavailable,
                fmt::format("mail server {}: {}", host, curl_easy_strerror(code)));
}

Result<std::string> hand_over(const Mail& mail, const std::string& id, WallTime now,
                              const Mailer::Options& options) {
    const std::unique_ptr<CURL, Free> curl(curl_easy_init());
    if (!curl) return fail(Kind::internal, "curl cannot begin");
    Lines to, headers;
    for (const auto& whom : mail.to) append(to, "<" + whom + ">");
    for (const auto& line : mail_headers(mail, options.from, id, now)) append(headers, line);
    const std::unique_ptr<curl_mime, Free> both(curl_mime_init(curl.get()));
    auto* alternatives = curl_mime_init(curl.get());  // the part below owns it
    add_part(alternatives, mail.text, "text/plain; charset=utf-8");
    add_part(alternatives, mail.html, "text/html; charset=utf-8");
    auto* part = curl_mime_addpart(both.get());
    curl_mime_subparts(part, alternatives);
    curl_mime_type(part, "multipart/alternative");
    const auto from = fmt::format("<{}>", address_of(options.from));
    const auto set = [&](CURLoption option, auto value) {
        curl_easy_setopt(curl.get(), option, value);
    };
    set(CURLOPT_URL, options.relay.c_str());
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(CURLOPT_PROXY, "");
    set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_TRY));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.limit.count()));
    set(CURLOPT_MAIL_FROM, from.c_str());
    set(CURLOPT_MAIL_RCPT, to.get());
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_MIMEPOST, both.get());
    const auto code = curl_easy_perform(curl.get());
    return judged(curl.get(), code, options);
}

}  // namespace

Result<Mailer::Options> Mailer::checked(Options options) {
    const auto& relay = options.relay;
    const bool known = relay.starts_with("smtp://") || relay.starts_with("smtps://");
    if (!relay.empty() && (!known || host_of(relay).empty()))
        return fail(Kind::invalid, fmt::format("the mail server '{}' is no URL such as "
                                               "smtp://127.0.0.1:25",
                                               relay));
    if (address_of(options.from).empty() || options.from.find_first_of("\r\n") != std::string::npos)
        return fail(Kind::invalid, fmt::format("'{}' is no sender of mails such as 'Shop "
                                               "<shop@example.com>'",
                                               options.from));
    return options;
}

Mailer::Mailer(Options options) : options_(std::move(options)), pool_(options_.threads) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

Task<Result<std::string>> Mailer::send(std::string id, std::string body, WallTime now) {
    CO_TRY(auto mail, read_mail(body));
    if (options_.relay.empty())
        co_return fail(Kind::unavailable,
                       "this server knows no mail server: start it with --smtp "
                       "smtp://HOST:PORT",
                       "NoMailServer");
    co_return co_await io::blocking(
        pool_, [mail = std::move(mail), id = std::move(id), now, options = options_] {
            return hand_over(mail, id, now, options);
        });
}

}  // namespace mayfly::deliver
