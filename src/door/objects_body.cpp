#include "door/objects_body.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "door/aws_chunked.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::door {

namespace {

constexpr std::size_t kDocumentMax = 1u << 20;
constexpr std::string_view kChecksum = "x-amz-checksum-";

Failure bad_digest(std::string_view which) {
    return fail(
        Kind::invalid,
        fmt::format("the bytes received do not fit the {} that was sent; send them again", which),
        "BadDigest");
}

bool is_hash(std::string_view text) {
    return text.size() == 64 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           });
}

// What the headers promise of the body.
struct Promise {
    std::string md5;                       // raw; empty for none
    std::string sha256_hex;                // of the payload as signed; empty for none
    std::string checksum, checksum_value;  // "crc32" and its base64; value empty if in a trailer
    bool chunked = false, chunks_signed = false;
    std::optional<std::uint64_t> length;

    bool needs_md5(Etag etag) const {
        if (!md5.empty()) return true;
        return etag == Etag::md5 ||
               (etag == Etag::by_size && length.value_or(0) < opaque_bytes_min);
    }

    std::vector<std::string> sums(Etag etag) const {
        std::vector<std::string> all;
        if (needs_md5(etag)) all.emplace_back("md5");
        if (!checksum.empty()) all.push_back(checksum);
        if (!sha256_hex.empty()) all.push_back("sha256");
        return all;
    }
};

// "crc32" of "x-amz-checksum-crc32" if it is one we know.
std::string checksum_name(std::string_view header) {
    const auto small = lower(trim(header));
    if (!small.starts_with(kChecksum)) return {};
    auto name = small.substr(kChecksum.size());
    return objects::Sums::knows(name) && name != "md5" ? name : std::string();
}

Result<Promise> promise_of(const Request& request, const ObjectsAsked& asked) {
    Promise p;
    if (const auto md5 = request.headers.get("Content-MD5"); !md5.empty()) {
        const auto raw = base64_decode(md5);
        if (!raw || raw->size() != 16)
            return fail(Kind::invalid, "Content-MD5 is not the base64 of 16 bytes",
                        "InvalidDigest");
        p.md5 = *raw;
    }
    p.length = [&]() -> std::optional<std::uint64_t> {
        const auto n = parse_int(request.headers.get("Content-Length"));
        return n && *n >= 0 ? std::optional(static_cast<std::uint64_t>(*n)) : std::nullopt;
    }();
    if (asked.oss()) return p;
    const auto& payload = asked.aws.payload;
    if (is_hash(payload)) p.sha256_hex = lower(payload);
    p.chunked = payload.starts_with("STREAMING-");
    p.chunks_signed = payload.starts_with("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    // A header of a presigned URL was made for no body yet, so it does not count there.
    for (const auto& [name, value] : request.headers)
        if (const auto known = checksum_name(name); !known.empty() && !asked.aws.presigned) {
            p.checksum = known;
            p.checksum_value = value;
        }
    if (p.chunked) {
        if (const auto known = checksum_name(request.headers.get("x-amz-trailer")); !known.empty())
            p.checksum = known;
        const auto n = parse_int(request.headers.get("x-amz-decoded-content-length"));
        p.length = n && *n >= 0 ? std::optional(static_cast<std::uint64_t>(*n)) : std::nullopt;
    }
    return p;
}

Result<void> check_sums(const Promise& p, const objects::Body& body) {
    const auto sum = [&](const std::string& name) { return body.sums.find(name)->second; };
    if (!p.sha256_hex.empty() && hex(sum("sha256")) != p.sha256_hex)
        return fail(Kind::invalid, "the bytes received do not fit x-amz-content-sha256",
                    "XAmzContentSHA256Mismatch");
    if (!p.md5.empty() && sum("md5") != p.md5) return bad_digest("Content-MD5");
    if (!p.checksum.empty() && !p.checksum_value.empty() &&
        base64(sum(p.checksum)) != p.checksum_value)
        return bad_digest("x-amz-checksum-" + p.checksum);
    return {};
}

Failure too_large() {
    return fail(Kind::invalid, "one request stores 5 GiB at most; use a multipart upload",
                "EntityTooLarge");
}

}  // namespace

Task<Result<TakenBody>> take_body(const objects::Store& store, Request& request,
                                  const ObjectsAsked& asked, Etag etag) {
    CO_TRY(auto promise, promise_of(request, asked));
    if (promise.length.value_or(0) > objects::put_bytes_max) co_return too_large();
    auto incoming = store.begin(promise.sums(etag));
    std::optional<AwsChunked> chunks;
    if (promise.chunked) chunks.emplace(promise.chunks_signed ? &asked.aws : nullptr);
    for (std::string plain;;) {
        CO_TRY(auto piece, co_await request.incoming->next());
        if (piece.empty()) break;
        if (chunks) {
            plain.clear();
            CO_TRYV(chunks->add(piece, plain));
            piece = plain;
        }
        if (incoming.size() + piece.size() > objects::put_bytes_max) co_return too_large();
        CO_TRYV(co_await incoming.add(piece));
    }
    if (chunks) {
        CO_TRYV(chunks->end());
        if (const auto at = chunks->trailers().find(std::string(kChecksum) + promise.checksum);
            at != chunks->trailers().end())
            promise.checksum_value = at->second;
    }
    if (promise.length && *promise.length != incoming.size())
        co_return fail(
            Kind::invalid,
            fmt::format("{} bytes came, but {} were announced", incoming.size(), *promise.length),
            "IncompleteBody");
    CO_TRY(auto body, co_await incoming.finish());
    CO_TRYV(check_sums(promise, body));
    if (promise.checksum_value.empty()) promise.checksum.clear();
    co_return TakenBody{std::move(body), promise.checksum, promise.checksum_value};
}

Task<Result<std::string>> take_document(Request& request, const ObjectsAsked& asked) {
    CO_TRY(auto promise, promise_of(request, asked));
    std::string text;
    std::optional<AwsChunked> chunks;
    if (promise.chunked) chunks.emplace(promise.chunks_signed ? &asked.aws : nullptr);
    for (;;) {
        CO_TRY(const auto piece, co_await request.incoming->next());
        if (piece.empty()) break;
        if (chunks) {
            CO_TRYV(chunks->add(piece, text));
        } else {
            text += piece;
        }
        if (text.size() > kDocumentMax)
            co_return fail(Kind::invalid, "a document has 1 MiB at most",
                           "MaxMessageLengthExceeded");
    }
    if (chunks) CO_TRYV(chunks->end());
    objects::Sums sums(promise.sums(Etag::opaque));
    sums.add(text);
    CO_TRYV(check_sums(promise, objects::Body{.sums = sums.end()}));
    co_return text;
}

}  // namespace mayfly::door
