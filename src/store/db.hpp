// SQLite made small: one connection, prepared statements, transactions, migrations. Errors are
// values.
//
// Kinds: conflict (a constraint refused it), unavailable (disk full, locked, unreadable medium:
// waiting or freeing space helps), internal (anything else; the sentence names the file and
// SQLite's words).
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace mayfly::store {

// A prepared statement. Belongs to the thread of its Db and must go before it. Parameters are
// numbered from 1, columns from 0, as in SQLite.
class Statement {
public:
    // Binds all parameters in order; what was bound before is forgotten. Text and bytes are copied.
    template <class... Values>
    Result<void> bind(const Values&... values) {
        return bind_all(Bytes::copied, values...);
    }

    // One parameter, after a bind() without values.
    template <class Value>
    Result<void> bind_at(int at, const Value& value) {
        return bind_one(at, value, Bytes::copied);
    }

    // Goes to the next row: true if there is one, false at the end.
    Result<bool> step();

    // Binds, goes through to the end and rewinds: for statements whose rows do not matter. Nothing
    // is copied: what was bound is forgotten on return.
    template <class... Values>
    Result<void> run(const Values&... values) {
        TRYV(bind_all(Bytes::borrowed, values...));
        return finish();
    }

    // Columns of the row at hand. The views live until the next step, bind or rewind.
    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string_view text(int column) const;  // also blobs
    bool is_null(int column) const;

    // Ends the reading of rows, so that no read lock stays behind.
    void rewind();

private:
    friend class Db;
    struct Finalize {
        void operator()(sqlite3_stmt* s) const;
    };
    explicit Statement(sqlite3_stmt* s) : statement_(s) {}

    enum class Bytes : bool { copied, borrowed };  // of texts and blobs

    template <class... Values>
    Result<void> bind_all(Bytes bytes, const Values&... values) {
        rewind();
        int at = 0;
        Result<void> all;
        ((all = all ? bind_one(++at, values, bytes) : std::move(all)), ...);
        return all;
    }

    Result<void> finish();
    Result<void> bind_one(int at, std::int64_t value, Bytes);
    Result<void> bind_one(int at, int value, Bytes b) {
        return bind_one(at, std::int64_t{value}, b);
    }
    Result<void> bind_one(int at, std::uint64_t value, Bytes b) {
        return bind_one(at, static_cast<std::int64_t>(value), b);
    }
    Result<void> bind_one(int at, double value, Bytes);
    Result<void> bind_one(int at, std::string_view text, Bytes);
    Result<void> bind_one(int at, const std::string& text, Bytes b) {
        return bind_one(at, std::string_view(text), b);
    }
    Result<void> bind_one(int at, const char* text, Bytes b) {
        return bind_one(at, std::string_view(text), b);
    }
    Result<void> bind_one(int at, std::span<const std::byte> blob, Bytes);
    Result<void> bind_one(int at, std::nullopt_t, Bytes);

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Bytes as a blob parameter: statement.run(key, blob(value)).
std::span<const std::byte> blob(std::string_view bytes);

// One connection to one database file. Used by one thread at a time.
class Db {
public:
    // Opens or makes the file (mode 0600, WAL, synchronous=FULL: a commit that returned survives a
    // power cut). Waits up to 5 s for a lock of another process.
    static Result<Db> open(const std::filesystem::path& file);

    // Runs one or several statements without parameters.
    Result<void> run(const char* sql);
    Result<Statement> prepare(std::string_view sql);

    // The same, kept for the next caller with the same text, which must be a literal. Not to be
    // used again by anyone before its present user is done with it.
    Result<Statement*> cached(const char* sql);

    // Brings the schema up to date: step i (from 0) takes user_version i to i + 1, each in a
    // transaction of its own. A file written by a newer program is refused, never guessed at.
    Result<void> migrate(std::span<const char* const> steps);

    // True between BEGIN and COMMIT. SQLite may end a transaction by itself on a full disk.
    bool in_transaction() const;

    std::int64_t changes() const;  // rows changed by the last statement

    sqlite3* handle() { return db_.get(); }  // the same as long as the connection lives

private:
    struct Close {
        void operator()(sqlite3* db) const;
    };
    explicit Db(sqlite3* db) : db_(db) {}

    std::unique_ptr<sqlite3, Close> db_;
    std::unordered_map<const char*, Statement> cached_;  // goes before the connection it belongs to
};

}  // namespace mayfly::store
