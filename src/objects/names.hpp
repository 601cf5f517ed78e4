// What buckets and objects may be called. Pure. The rules both dialects share.
#pragma once

#include "base/result.hpp"

#include <string_view>

namespace mayfly::objects {

inline constexpr std::size_t key_bytes_max = 1024;           // OSS allows 1,023, S3 1,024
inline constexpr std::size_t user_meta_bytes_max = 8 << 10;  // OSS's limit; S3's is 2 KB

// 3 to 63 of a-z 0-9 - ., beginning and ending with a letter or digit, and no IP address.
// invalid (InvalidBucketName).
Result<void> check_bucket_name(std::string_view name);

// UTF-8 of 1 to 1,024 bytes without NUL. A key is a name in an index, never a path: "..", "//" and
// a leading "/" are bytes like others. invalid (InvalidObjectName, KeyTooLongError).
Result<void> check_key(std::string_view key);

}  // namespace mayfly::objects
