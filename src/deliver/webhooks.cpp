#include "deliver/webhooks.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>

namespace mayfly::deliver {

namespace {

struct Exchange {
    const reach::Guard& guard;
    std::size_t most;
    std::string answer{};
    bool refused = false;
};

// Called with the address curl is about to connect to: the only place where it is certain.
curl_socket_t open_socket(void* data, curlsocktype, curl_sockaddr* address) {
    auto& exchange = *static_cast<Exchange*>(data);
    if (!exchange.guard.allows(&address->addr)) {
        exchange.refused = true;
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t take(char* bytes, std::size_t, std::size_t count, void* data) {
    auto& exchange = *static_cast<Exchange*>(data);
    exchange.answer.append(bytes, std::min(count, exchange.most - exchange.answer.size()));
    return count;
}

struct Free {
    void operator()(CURL* c) const { curl_easy_cleanup(c); }
    void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};

Result<std::string> judged(CURL* curl, CURLcode code, Exchange exchange, const std::string& url) {
    if (exchange.refused)
        return fail(Kind::denied,
                    fmt::format("webhook {} leads to a private address; if it is meant to, start "
                                "the server with --webhook-allow",
                                url),
                    "WebhookRefused");
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        return fail(Kind::invalid, fmt::format("webhook {}: {}", url, curl_easy_strerror(code)));
    if (code == CURLE_OPERATION_TIMEDOUT)
        return fail(Kind::timed_out, fmt::format("webhook {} did not answer in time", url));
    if (code != CURLE_OK)
        return fail(Kind::unavailable,
                    fmt::format("webhook {}: {}", url, curl_easy_strerror(code)));
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) return std::move(exchange.answer);
    const bool later = status == 408 || status == 429 || status >= 500;
    return fail(later ? Kind::unavailable : Kind::failed,
                fmt::format("webhook {} answered {}", url, status), "DestinationDeliveryFailed");
}

Result<std::string> post(const Post& what, const reach::Guard& guard,
                         const Webhooks::Options& options) {
    const std::unique_ptr<CURL, Free> curl(curl_easy_init());
    if (!curl) return fail(Kind::internal, "curl cannot begin");
    Exchange exchange{.guard = guard, .most = options.answer_bytes};
    std::unique_ptr<curl_slist, Free> headers(
        curl_slist_append(nullptr, "Content-Type: application/json"));
    for (const auto& line : {"X-Mayfly-Event-Id: " + what.id, std::string("Expect:")})
        headers.reset(curl_slist_append(headers.release(), line.c_str()));
    const auto set = [&](CURLoption option, auto value) {
        curl_easy_setopt(curl.get(), option, value);
    };
    set(CURLOPT_URL, what.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_PROXY, "");  // whatever the environment says: the guard must see the real address
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.limit.count()));
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_USERAGENT, "mayfly/" MAYFLY_VERSION);
    set(CURLOPT_POSTFIELDS, what.body.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.body.size()));
    set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    set(CURLOPT_OPENSOCKETDATA, &exchange);
    set(CURLOPT_WRITEFUNCTION, &take);
    set(CURLOPT_WRITEDATA, &exchange);
    const auto code = curl_easy_perform(curl.get());
    return judged(curl.get(), code, std::move(exchange), what.url);
}

}  // namespace

Webhooks::Webhooks(reach::Guard guard, Options options)
    : guard_(std::move(guard)), options_(options), pool_(options.threads) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

Task<Result<std::string>> Webhooks::send(Post what) {
    co_return co_await io::blocking(
        pool_, [this, what = std::move(what)] { return post(what, guard_, options_); });
}

}  // namespace mayfly::deliver
