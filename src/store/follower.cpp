// The declarations of sessions are there only for who asks.
#define SQLITE_ENABLE_SESSION 1
#define SQLITE_ENABLE_PREUPDATE_HOOK 1

#include "store/follower.hpp"

#include "base/files.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace mayfly::store {

namespace fs = std::filesystem;

namespace {

Failure failure(std::string_view what, int code) {
    return fail(Kind::unavailable, fmt::format("{}: {}", what, sqlite3_errstr(code)));
}

// -1 if the database has no number.
std::int64_t number_of(Db& db) {
    auto read = db.prepare("SELECT n FROM follow WHERE id = 1");
    if (!read) return -1;
    const auto there = read->step();
    return there && *there ? read->integer(0) : -1;
}

// Written beside, then renamed: a copy that was cut short is none.
Result<void> copy_whole(Db& leader, const fs::path& file) {
    const auto draft = fs::path(file.string() + ".new");
    std::error_code error;
    for (const auto* tail : {"", "-wal", "-shm"}) {
        fs::remove(draft.string() + tail, error);
        fs::remove(file.string() + tail, error);
    }
    {
        sqlite3* raw = nullptr;
        const int opened = sqlite3_open_v2(draft.c_str(), &raw,
                                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
        const std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)> copy(raw, &sqlite3_close_v2);
        if (opened != SQLITE_OK) return failure("open " + draft.string(), opened);
        auto* backup = sqlite3_backup_init(raw, "main", leader.handle(), "main");
        if (!backup) return failure("copy to " + draft.string(), sqlite3_errcode(raw));
        sqlite3_backup_step(backup, -1);
        if (const int done = sqlite3_backup_finish(backup); done != SQLITE_OK)
            return failure("copy to " + draft.string(), done);
    }
    fs::permissions(draft, fs::perms::owner_read | fs::perms::owner_write, error);
    fs::rename(draft, file, error);
    if (error) return fail(Kind::internal, "rename " + draft.string() + ": " + error.message());
    return sync_folder(file.parent_path());
}

// A row whose old bytes were rotten on one side is as the leader has it now. Nothing else of a
// change can fail to fit a copy that never differs: if it does, the copy is made anew.
int on_conflict(void*, int what, sqlite3_changeset_iter*) {
    return what == SQLITE_CHANGESET_DATA ? SQLITE_CHANGESET_REPLACE : SQLITE_CHANGESET_ABORT;
}

}  // namespace

Result<void> number_transaction(Db& leader) {
    TRY(auto* count, leader.cached("UPDATE follow SET n = n + 1 WHERE id = 1"));
    return count->run();
}

Result<std::unique_ptr<Follower>> Follower::open(Db& leader, const fs::path& file) {
    bool fits = false;
    if (std::error_code none; fs::exists(file, none)) {
        auto present = Db::open(file);
        fits = present && number_of(*present) == number_of(leader);
    }
    if (!fits) TRYV(copy_whole(leader, file));
    TRY(auto copy, Db::open(file));
    TRYV(copy.run("PRAGMA wal_autocheckpoint = 16384; PRAGMA foreign_keys = OFF"));
    return std::unique_ptr<Follower>(new Follower(std::move(copy), leader.handle(), !fits));
}

Follower::~Follower() { forget(); }

Result<void> Follower::begin() {
    forget();
    int code = sqlite3session_create(leader_, "main", &session_);
    if (code == SQLITE_OK) code = sqlite3session_attach(session_, nullptr);
    if (code != SQLITE_OK) return failure("note changes", code);
    return {};
}

Result<void> Follower::follow() {
    int size = 0;
    void* changes = nullptr;
    int code = sqlite3session_changeset(session_, &size, &changes);
    const std::unique_ptr<void, decltype(&sqlite3_free)> owned(changes, &sqlite3_free);
    forget();
    if (code != SQLITE_OK) return failure("gather changes", code);
    if (size == 0) return {};
    // One transaction: sqlite3changeset_apply() makes a savepoint, whose release commits.
    code = sqlite3changeset_apply(copy_.handle(), size, changes, nullptr, &on_conflict, nullptr);
    if (code != SQLITE_OK) return failure("apply changes to the replica", code);
    return {};
}

void Follower::forget() {
    if (session_) sqlite3session_delete(session_);
    session_ = nullptr;
}

}  // namespace mayfly::store
