#include "objects/incoming.hpp"
#include "objects/index.hpp"

#include <algorithm>

namespace mayfly::objects {

using store::Db;

namespace {

constexpr std::int64_t kSegmentsMax = 1 << body_shift;

std::int64_t first_row(std::int64_t body) { return body << body_shift; }
std::int64_t last_row(std::int64_t body) { return first_row(body + 1) - 1; }
std::int64_t micros_of(WallTime t) { return t.time_since_epoch().count(); }

}  // namespace

Result<std::vector<Segment>> read_segments(Db& db, std::int64_t body) {
    std::vector<Segment> all;
    TRY(auto* read, db.cached("SELECT size, crc64, file, bytes FROM segment WHERE id BETWEEN ? AND "
                              "? ORDER BY id"));
    TRYV(read->bind(first_row(body), last_row(body)));
    for (;;) {
        TRY(const bool there, read->step());
        if (!there) break;
        all.push_back({.size = static_cast<std::uint64_t>(read->integer(0)),
                       .crc64 = static_cast<std::uint64_t>(read->integer(1)),
                       .file = read->integer(2),
                       .bytes = std::string(read->text(3))});
    }
    read->rewind();
    return all;
}

Result<void> write_segments(Db& db, std::int64_t body, std::span<const Segment> segments,
                            std::size_t first) {
    TRY(auto* put, db.cached("INSERT OR REPLACE INTO segment VALUES (?, ?, ?, ?, ?)"));
    auto id = first_row(body) + static_cast<std::int64_t>(first);
    for (const auto& segment : segments)
        TRYV(put->run(id++, segment.size, segment.crc64, segment.file, store::blob(segment.bytes)));
    return {};
}

Result<void> append_segments(Db& db, std::int64_t body, std::span<const Segment> segments) {
    if (segments.empty()) return {};
    TRY(auto* read, db.cached("SELECT id, size, crc64, file, bytes FROM segment WHERE id BETWEEN ? "
                              "AND ? ORDER BY id DESC LIMIT 1"));
    TRYV(read->bind(first_row(body), last_row(body)));
    TRY(const bool there, read->step());
    auto next = there ? read->integer(0) - first_row(body) + 1 : 0;
    Segment end;
    if (there)
        end = {.size = static_cast<std::uint64_t>(read->integer(1)),
               .crc64 = static_cast<std::uint64_t>(read->integer(2)),
               .file = read->integer(3),
               .bytes = std::string(read->text(4))};
    read->rewind();
    std::vector<Segment> added(segments.begin(), segments.end());
    if (there && end.file == 0 && added[0].file == 0 &&
        end.size + added[0].size <= inline_bytes_max) {
        end.crc64 = crc64_joined(end.crc64, added[0].crc64, added[0].size);
        end.size += added[0].size;
        end.bytes += added[0].bytes;
        added[0] = std::move(end);
        --next;
    }
    if (next + std::ssize(added) > kSegmentsMax)
        return fail(Kind::invalid, "the object has too many pieces; copy it to join them",
                    "EntityTooLarge");
    return write_segments(db, body, added, static_cast<std::size_t>(next));
}

Result<std::size_t> count_segments(Db& db, std::int64_t body) {
    TRY(auto* read, db.cached("SELECT count(*) FROM segment WHERE id BETWEEN ? AND ?"));
    TRYV(read->bind(first_row(body), last_row(body)));
    TRYV(read->step());
    const auto count = static_cast<std::size_t>(read->integer(0));
    read->rewind();
    return count;
}

Result<void> move_segments(Db& db, std::int64_t from, std::int64_t to, std::size_t first) {
    TRY(auto* move, db.cached("UPDATE segment SET id = id - ? + ? WHERE id BETWEEN ? AND ?"));
    return move->run(first_row(from), first_row(to) + static_cast<std::int64_t>(first),
                     first_row(from), last_row(from));
}

Result<void> share_body(Db& db, std::int64_t body) {
    if (body == 0) return {};
    TRY(auto* more, db.cached("INSERT INTO shared VALUES (?, 2) ON CONFLICT (body) DO UPDATE SET "
                              "owners = owners + 1"));
    return more->run(body);
}

Result<void> release_body(Db& db, std::int64_t body, WallTime now) {
    if (body == 0) return {};
    TRY(auto* less, db.cached("UPDATE shared SET owners = owners - 1 WHERE body = ?"));
    TRYV(less->run(body));
    if (db.changes() != 0) {
        TRY(auto* alone, db.cached("DELETE FROM shared WHERE body = ? AND owners = 1"));
        return alone->run(body);
    }
    std::vector<std::int64_t> files;
    TRY(auto* drop, db.cached("DELETE FROM segment WHERE id BETWEEN ? AND ? RETURNING file"));
    TRYV(drop->bind(first_row(body), last_row(body)));
    for (;;) {
        TRY(const bool there, drop->step());
        if (!there) break;
        if (drop->integer(0) != 0) files.push_back(drop->integer(0));
    }
    drop->rewind();
    TRY(auto* note, db.cached("INSERT OR IGNORE INTO garbage VALUES (?, ?)"));
    for (const auto file : files) TRYV(note->run(file, micros_of(now)));
    return {};
}

}  // namespace mayfly::objects
