// The body of a request to the object store: read piece by piece, freed of aws-chunked, summed, and
// compared with every sum the client gave.
#pragma once

#include "base/result.hpp"
#include "door/http.hpp"
#include "door/objects_asked.hpp"
#include "io/task.hpp"
#include "objects/incoming.hpp"
#include "objects/store.hpp"

#include <cstdint>
#include <string>

namespace mayfly::door {

// What the ETag of a body is: its MD5, as S3's and OSS's are, or nothing a client can compute,
// which spares the MD5 unless the client sent it to be compared.
enum class Etag : std::uint8_t {
    md5,
    opaque,
    by_size,  // opaque from `opaque_bytes_min` on, if the client says how long its body is
};

// Common tools split what is larger (awscli and boto3 from 8 MiB on, s3cmd from 15), so from there
// on they meet no ETag that is an MD5 anyway.
inline constexpr std::uint64_t opaque_bytes_min = 16u << 20;

struct TakenBody {
    objects::Body body;
    std::string checksum, checksum_value;  // the S3 checksum the client gave, if any
};

// Reads all of the body. On return it is durable, but nothing names it yet.
// invalid: EntityTooLarge, IncompleteBody, InvalidDigest, BadDigest, XAmzContentSHA256Mismatch,
// InvalidRequest; denied: SignatureDoesNotMatch (of a chunk); unavailable: the disk is full.
Task<Result<TakenBody>> take_body(const objects::Store& store, Request& request,
                                  const ObjectsAsked& asked, Etag etag);

// The same for a document of at most 1 MiB, as text.
Task<Result<std::string>> take_document(Request& request, const ObjectsAsked& asked);

}  // namespace mayfly::door
