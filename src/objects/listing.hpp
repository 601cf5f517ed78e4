// Which keys a page of a listing has. Pure: keys go in, in byte order; what to do with each comes
// out.
#pragma once

#include "objects/types.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace mayfly::objects {

inline constexpr std::size_t page_max = 1000;

struct ListQuery {
    std::string prefix;
    std::string delimiter;  // keys that have it after the prefix are rolled up; empty: none are
    std::string after;      // only what comes behind it: keys, and rolled up prefixes
    std::size_t count = page_max;
};

struct Listing {
    std::vector<Object> objects;
    std::vector<std::string> prefixes;  // each ends with the delimiter
    bool more = false;
    std::string last;  // the last key or prefix of the page: what the next page comes after
};

struct VersionListing {
    std::vector<Object> versions;  // newest first for each key; markers among them
    std::vector<std::string> prefixes;
    bool more = false;
    std::string last_key, last_version;
};

// Goes through keys for one page.
class Lister {
public:
    explicit Lister(const ListQuery& query) : query_(query) {}

    // Where to begin to read: all of the page is at or behind it.
    std::string start() const;

    enum class Step {
        take,  // the key is one of the page
        roll,  // it is rolled up: `last()` is the prefix; go on at next_start()
        skip,  // it belongs to nothing of this page; go on at next_start()
        full,  // the page is full and there is more
        done   // it is behind all that can be listed
    };
    Step on(std::string_view key);

    const std::string& last() const { return last_; }
    const std::string& next_start() const { return next_start_; }

private:
    const ListQuery& query_;
    std::string last_, next_start_;
    std::size_t taken_ = 0;
};

// The first text in byte order behind all that begin with `prefix`; empty if there is none.
std::string behind_all_with(std::string prefix);

}  // namespace mayfly::objects
