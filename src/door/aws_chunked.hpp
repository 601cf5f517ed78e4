// The aws-chunked coding: the body of an S3 request in chunks, each signed or not, with trailers or
// not. It lies inside HTTP's own chunked coding.
//
//   {hex length}[;chunk-signature={hex}] CRLF data CRLF … 0[;chunk-signature={hex}] CRLF
//   {name}:{value} CRLF … [x-amz-trailer-signature:{hex} CRLF] CRLF
#pragma once

#include "auth/aws_signature.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mayfly::door {

// Decodes pieces of any size. Pure. A body whose signatures do not fit is known as such only when
// its chunk is complete: nothing may be kept before end() has said that all is well.
class AwsChunked {
public:
    // `chunks_signed_by`: the request, if its chunks are signed; null if they are not. It outlives
    // us.
    explicit AwsChunked(const auth::AwsSigned* chunks_signed_by);

    // Appends the data in `piece` to `out`. invalid (InvalidRequest: not this coding;
    // IncompleteBody), denied (SignatureDoesNotMatch).
    Result<void> add(std::string_view piece, std::string& out);
    Result<void> end() const;  // invalid (IncompleteBody): the last chunk has not come

    const std::map<std::string, std::string, std::less<>>& trailers() const { return trailers_; }

private:
    enum class At { size, data, data_end, trailer, done };
    Result<void> on_line(std::string_view line);
    Result<void> on_size(std::string_view line);
    Result<void> on_trailer(std::string_view line);
    Result<void> end_chunk();

    const auth::AwsSigned* signer_;
    At at_ = At::size;
    std::string line_;  // that has not ended yet
    std::uint64_t left_ = 0;
    bool last_ = false;
    std::string before_, claimed_;  // signatures
    std::optional<Hash> hash_;
    std::string signed_trailers_;
    std::map<std::string, std::string, std::less<>> trailers_;
};

}  // namespace mayfly::door
