#include "door/aws_chunked.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>

namespace mayfly::door {

namespace {

constexpr std::size_t kLineMax = 8 << 10;
constexpr std::size_t kTrailersMax = 32;
constexpr std::uint64_t kChunkMax = 5ull << 30;

Failure broken(const char* what) {
    return fail(Kind::invalid, std::string("the body is not aws-chunked: ") + what,
                "InvalidRequest");
}

Failure forged() {
    return fail(Kind::denied, "a chunk's signature does not fit its bytes",
                "SignatureDoesNotMatch");
}

}  // namespace

AwsChunked::AwsChunked(const auth::AwsSigned* signer) : signer_(signer) {
    if (signer_) before_ = signer_->signature;
}

Result<void> AwsChunked::add(std::string_view piece, std::string& out) {
    while (!piece.empty()) {
        if (at_ == At::done) return broken("there is more behind its end");
        if (at_ == At::data) {
            const auto now = piece.substr(0, left_);
            out += now;
            if (hash_) hash_->add(now);
            left_ -= now.size();
            piece.remove_prefix(now.size());
            if (left_ == 0) at_ = At::data_end;
            continue;
        }
        const auto feed = piece.find('\n');
        line_ += piece.substr(0, feed);
        if (line_.size() > kLineMax) return broken("a line is too long");
        if (feed == piece.npos) return {};
        piece.remove_prefix(feed + 1);
        if (!line_.empty() && line_.back() == '\r') line_.pop_back();
        TRYV(on_line(std::exchange(line_, {})));
    }
    return {};
}

Result<void> AwsChunked::on_line(std::string_view line) {
    switch (at_) {
        case At::size: return on_size(line);
        case At::data_end:
            if (!line.empty()) return broken("a chunk is longer than it says");
            at_ = At::size;
            return end_chunk();
        case At::trailer: return on_trailer(line);
        default: return broken("its end");
    }
}

Result<void> AwsChunked::on_size(std::string_view line) {
    const auto semicolon = line.find(';');
    const auto size = trim(line.substr(0, semicolon));
    const auto [end, bad] = std::from_chars(size.data(), size.data() + size.size(), left_, 16);
    if (bad != std::errc{} || end != size.data() + size.size() || left_ > kChunkMax)
        return broken("a chunk's length is not a hexadecimal number");
    if (signer_) {
        constexpr std::string_view name = "chunk-signature=";
        const auto at = line.find(name);
        if (at == line.npos) return broken("a chunk is not signed");
        claimed_ = trim(line.substr(at + name.size()));
        hash_.emplace(Hash::Kind::sha256);
    }
    last_ = left_ == 0;
    at_ = last_ ? At::trailer : At::data;
    return last_ ? end_chunk() : Result<void>();
}

Result<void> AwsChunked::end_chunk() {
    if (!signer_) return {};
    const auto made = auth::aws_chunk_signature(*signer_, before_, hex(hash_->end()));
    hash_.reset();
    if (!equal_in_constant_time(made, claimed_)) return forged();
    before_ = made;
    return {};
}

Result<void> AwsChunked::on_trailer(std::string_view line) {
    if (line.empty()) {
        at_ = At::done;
        const auto claimed = trailers_.find("x-amz-trailer-signature");
        if (!signer_ || signed_trailers_.empty()) return {};
        if (claimed == trailers_.end() ||
            !equal_in_constant_time(
                auth::aws_trailer_signature(*signer_, before_, signed_trailers_), claimed->second))
            return forged();
        return {};
    }
    const auto colon = line.find(':');
    if (colon == line.npos || trailers_.size() == kTrailersMax) return broken("a trailer");
    const auto name = lower(trim(line.substr(0, colon)));
    const std::string value(trim(line.substr(colon + 1)));
    if (name != "x-amz-trailer-signature") signed_trailers_ += name + ":" + value + "\n";
    trailers_[name] = value;
    return {};
}

// Some clients leave the last empty line out where there are no trailers.
Result<void> AwsChunked::end() const {
    if (at_ == At::done || (at_ == At::trailer && line_.empty() && trailers_.empty())) return {};
    return fail(Kind::invalid, "the body ended before its last chunk", "IncompleteBody");
}

}  // namespace mayfly::door
