// Objects that were read lately, as the index has them, so that one that is asked for often is not
// looked up each time. All is forgotten with every change of the index: simple, and never old.
#pragma once

#include "objects/types.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace mayfly::objects {

// Loop thread. What is kept was read before the last forget(), which comes before any change is
// answered.
class Hot {
public:
    // Null if it is not kept.
    FoundObject find(std::int64_t bucket, const std::string& key) {
        const auto at = objects_.find(name(bucket, key));
        return at == objects_.end() ? nullptr : at->second;
    }
    void keep(std::int64_t bucket, FoundObject object) {
        make_room(weight(*object));
        auto place = name(bucket, object->key);
        objects_.insert_or_assign(std::move(place), std::move(object));
    }

    // Null if they are not kept.
    Segments segments(std::int64_t body) {
        const auto at = bodies_.find(body);
        return at == bodies_.end() ? nullptr : at->second;
    }
    void keep(std::int64_t body, Segments segments) {
        std::size_t bytes = sizeof(std::int64_t);
        for (const auto& one : *segments) bytes += sizeof one + one.bytes.size();
        if (bytes > kBytesMax / 8) return;
        make_room(bytes);
        bodies_.insert_or_assign(body, std::move(segments));
    }

    void forget() {
        if (objects_.empty() && bodies_.empty()) return;
        objects_.clear();
        bodies_.clear();
        bytes_ = 0;
    }

private:
    static constexpr std::size_t kBytesMax = 64u << 20;

    static std::size_t weight(const Object& object) {
        auto bytes = sizeof object + 2 * object.key.size() + object.etag.size();
        for (const auto* pairs : {&object.meta.headers, &object.meta.user, &object.meta.tags})
            for (const auto& [name, value] : *pairs)
                bytes += sizeof name + sizeof value + name.size() + value.size();
        return bytes;
    }
    void make_room(std::size_t bytes) {
        if (bytes_ + bytes > kBytesMax) forget();
        bytes_ += bytes;
    }

    // A bucket's number has no slash.
    static std::string name(std::int64_t bucket, const std::string& key) {
        return std::to_string(bucket) + '/' + key;
    }

    std::unordered_map<std::string, FoundObject> objects_;
    std::unordered_map<std::int64_t, Segments> bodies_;
    std::size_t bytes_ = 0;
};

}  // namespace mayfly::objects
