// Multipart uploads as plain values.
#pragma once

#include "objects/change.hpp"
#include "objects/conditions.hpp"
#include "objects/types.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mayfly::objects {

inline constexpr int parts_max = 10'000;

struct Upload {
    std::string id, key;
    WallTime started;
    ObjectMeta meta;
};

struct Part {
    int number = 0;
    std::uint64_t size = 0;
    std::string etag;
    std::uint64_t crc64 = 0;
    WallTime modified;
    std::int64_t body = 0;
    std::string sum;  // "crc32=…": what the client named; empty for none
};

struct UploadListing {
    std::vector<Upload> uploads;
    std::vector<std::string> prefixes;
    bool more = false;
    std::string last_key, last_id;
};

struct CompleteOrder {
    std::string bucket, key, id;
    std::vector<std::pair<int, std::string>> parts;  // number and ETag, as the client lists them
    std::uint64_t part_bytes_min = 0;                // of all but the last
    Conditions conditions;                           // on what is overwritten
    bool keep_present = false;
    Cause cause;
};

}  // namespace mayfly::objects
