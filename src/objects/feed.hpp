// Which keys changed and are to be copied elsewhere: a list in the index, written by the
// transaction of each change. It names keys, not changes: whoever copies takes what is there now.
#pragma once

#include "store/writer.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mayfly::objects {

struct Fed {
    std::string bucket, key;
    std::int64_t n = 0;  // grows with each change
};

inline constexpr const char* feed_schema =
    "CREATE TABLE feed (bucket TEXT NOT NULL, key TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY "
    "(bucket, key)) WITHOUT ROWID; CREATE INDEX feed_n ON feed (n);"
    "CREATE TABLE fed (id INTEGER PRIMARY KEY, target TEXT NOT NULL);";

// Inside a job of the writer.
Result<void> feed(store::Db& db, const std::string& bucket, const std::string& key);

// Loop thread. Owned by Store.
class Feed {
public:
    Feed(store::Db read, store::Writer& writer) : read_(std::move(read)), writer_(writer) {}

    // Every key is to be copied if `target` is another than the last; what changed since, if not.
    Task<Result<void>> begin(std::string target);
    // At most `count`, those that changed first, first.
    Result<std::vector<Fed>> next(int count);
    // Takes them off; not those that changed meanwhile.
    Task<Result<void>> copied(std::vector<Fed> done);
    Result<std::int64_t> size();

private:
    store::Db read_;
    store::Writer& writer_;
};

}  // namespace mayfly::objects
