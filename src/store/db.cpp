#include "store/db.hpp"

#include "base/fd.hpp"
#include "base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>

namespace mayfly::store {

namespace {

Failure failure(sqlite3* db, int code) {
    const char* file = sqlite3_db_filename(db, "main");
    auto what = fmt::format("database {}: {}", file ? file : "", sqlite3_errmsg(db));
    switch (code & 0xff) {
        case SQLITE_CONSTRAINT: return fail(Kind::conflict, std::move(what));
        case SQLITE_FULL: return fail(Kind::unavailable, what + "; free some space on its disk");
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return fail(Kind::unavailable, what + "; does another process use it?");
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN: return fail(Kind::unavailable, std::move(what));
        default: return fail(Kind::internal, std::move(what));
    }
}

Result<void> checked(sqlite3_stmt* statement, int code) {
    if (code == SQLITE_OK) return {};
    return failure(sqlite3_db_handle(statement), code);
}

sqlite3_destructor_type lifetime(bool copied) { return copied ? SQLITE_TRANSIENT : SQLITE_STATIC; }

// SQLite would count each byte it allocates, of all connections under one mutex. Whoever is first.
void spare_statistics() {
    static const int done = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)done;
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
void Db::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

Result<void> Statement::bind_one(int at, std::int64_t value, Bytes) {
    return checked(statement_.get(), sqlite3_bind_int64(statement_.get(), at, value));
}
Result<void> Statement::bind_one(int at, double value, Bytes) {
    return checked(statement_.get(), sqlite3_bind_double(statement_.get(), at, value));
}
Result<void> Statement::bind_one(int at, std::string_view text, Bytes bytes) {
    return checked(statement_.get(),
                   sqlite3_bind_text64(statement_.get(), at, text.data() ? text.data() : "",
                                       text.size(), lifetime(bytes == Bytes::copied), SQLITE_UTF8));
}
Result<void> Statement::bind_one(int at, std::span<const std::byte> blob, Bytes bytes) {
    const void* data = blob.empty() ? "" : static_cast<const void*>(blob.data());
    return checked(statement_.get(), sqlite3_bind_blob64(statement_.get(), at, data, blob.size(),
                                                         lifetime(bytes == Bytes::copied)));
}
Result<void> Statement::bind_one(int at, std::nullopt_t, Bytes) {
    return checked(statement_.get(), sqlite3_bind_null(statement_.get(), at));
}

Result<bool> Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    auto error = failure(sqlite3_db_handle(statement_.get()), code);
    rewind();
    return error;
}

Result<void> Statement::finish() {
    for (;;) {
        TRY(const bool row, step());
        if (!row) break;
    }
    rewind();
    return {};
}

void Statement::rewind() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}
double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }
std::string_view Statement::text(int column) const {
    const void* bytes = sqlite3_column_blob(statement_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    return bytes ? std::string_view(static_cast<const char*>(bytes), size) : std::string_view();
}
bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::span<const std::byte> blob(std::string_view bytes) { return std::as_bytes(std::span(bytes)); }

Result<Db> Db::open(const std::filesystem::path& file) {
    spare_statistics();
    sqlite3* raw = nullptr;
    // Made by us, because SQLite would make it readable for others; its side files copy the mode.
    if (!Fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)))
        return Failure(errno_error("open " + file.string()));
    const int code =
        sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    Db db(raw);
    if (code != SQLITE_OK)
        return fail(Kind::unavailable,
                    fmt::format("database {}: {}", file.string(), sqlite3_errstr(code)));
    sqlite3_extended_result_codes(raw, 1);
    sqlite3_busy_timeout(raw, 5000);
    TRYV(
        db.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
               "PRAGMA temp_store=MEMORY;"));
    return db;
}

Result<void> Db::run(const char* sql) {
    const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return failure(db_.get(), code);
    return {};
}

Result<Statement> Db::prepare(std::string_view sql) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (code != SQLITE_OK) return failure(db_.get(), code);
    return Statement(raw);
}

Result<Statement*> Db::cached(const char* sql) {
    auto at = cached_.find(sql);
    if (at == cached_.end()) {
        TRY(auto made, prepare(sql));
        at = cached_.emplace(sql, std::move(made)).first;
    }
    return &at->second;
}

Result<void> Db::migrate(std::span<const char* const> steps) {
    std::int64_t version = 0;
    {
        TRY(auto read, prepare("PRAGMA user_version"));
        TRYV(read.step());
        version = read.integer(0);
    }
    if (version > static_cast<std::int64_t>(steps.size()))
        return fail(Kind::internal,
                    fmt::format("database {} has format {}, newer than the {} this program knows; "
                                "start the newer program again",
                                sqlite3_db_filename(db_.get(), "main"), version, steps.size()));
    for (; version < static_cast<std::int64_t>(steps.size()); ++version) {
        const auto sql = fmt::format("BEGIN IMMEDIATE; {}; PRAGMA user_version={}; COMMIT;",
                                     steps[static_cast<std::size_t>(version)], version + 1);
        if (auto done = run(sql.c_str()); !done) {
            if (in_transaction()) (void)run("ROLLBACK");
            return done;
        }
    }
    return {};
}

bool Db::in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }
std::int64_t Db::changes() const { return sqlite3_changes64(db_.get()); }

}  // namespace mayfly::store
