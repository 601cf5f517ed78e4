// A second copy of a database in a file of its own, changed by the same transactions.
//
// (1) follow() returns success only after the transaction is committed with fsync in the copy, too.
// (2) Each transaction of the leader has a number, kept in its table `follow` whether somebody
//     follows or not. A copy with another number missed something: open() makes it anew.
// (3) The copy is a whole database: in the leader's place it serves as the leader did.
//
// SQLite's session extension notes what changed. It sees tables with a primary key; a database that
// is followed has no others.
#pragma once

#include "store/db.hpp"

#include <filesystem>
#include <memory>

struct sqlite3_session;

namespace mayfly::store {

// The step of a schema that makes the table of (2).
inline constexpr const char* kFollowSchema =
    "CREATE TABLE follow (id INTEGER PRIMARY KEY, n INTEGER NOT NULL); INSERT INTO follow VALUES "
    "(1, 0);";

// Gives the leader's open transaction its number (2).
Result<void> number_transaction(Db& leader);

// Used by the leader's thread only; goes before the leader.
class Follower {
public:
    // Blocks while a copy is made. unavailable, internal: it cannot be had; the sentence says why.
    static Result<std::unique_ptr<Follower>> open(Db& leader, const std::filesystem::path& file);
    ~Follower();
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    bool made_anew() const { return made_anew_; }

    // Before the leader's transaction; and after it was committed (1), or rolled back.
    Result<void> begin();
    Result<void> follow();
    void forget();

private:
    Follower(Db copy, sqlite3* leader, bool made_anew)
        : copy_(std::move(copy)), leader_(leader), made_anew_(made_anew) {}

    Db copy_;
    sqlite3* leader_;
    bool made_anew_;
    sqlite3_session* session_ = nullptr;
};

}  // namespace mayfly::store
