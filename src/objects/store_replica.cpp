#include "objects/store.hpp"

#include "base/files.hpp"

#include <boost/asio/post.hpp>

namespace mayfly::objects {

namespace fs = std::filesystem;

Result<void> Store::follow(const fs::path& replica) {
    if (const auto made = make_folder_durably(replica); !made)
        return fail(Kind::unavailable,
                    "the replica: " + made.error().what + "; choose another path, or none");
    const auto lost = [this](Error why) {
        boost::asio::post(loop_, [this, why = std::move(why)] { leave_replica_behind(why); });
    };
    TRYV(writer_.follow(replica / "index.db", lost));
    TRY(auto second, Shelf::open(replica / "bodies"));
    const auto mended = [this](std::string path) {
        boost::asio::post(loop_, [this, path = std::move(path)] {
            log_.error("the stored file {} was damaged, and is restored from the replica", path);
        });
    };
    shelf_.mirror_to(std::make_shared<Mirror>(std::move(second), Mirror::Events{lost, mended}));
    replica_readers_ = std::make_unique<Readers>(replica / "index.db");
    return {};
}

// Loop thread.
void Store::leave_replica_behind(const Error& why) {
    if (!left_behind_.empty()) return;
    left_behind_ = why.what;
    log_.error("the replica of the objects is left behind: {}; mend its disk, then start again",
               why.what);
}

std::string Store::replica() const {
    if (!replica_readers_) return "none";
    return left_behind_.empty() ? "in step" : "left behind: " + left_behind_;
}

// In the pool, as all below.
Result<std::set<std::int64_t>> Store::named_files() const {
    return readers_.with([](store::Db& db) -> Result<std::set<std::int64_t>> {
        std::set<std::int64_t> named;
        TRY(auto read, db.prepare("SELECT file FROM segment WHERE file != 0 UNION ALL SELECT file "
                                  "FROM garbage"));
        for (;;) {
            TRY(const bool there, read.step());
            if (!there) return named;
            named.insert(read.integer(0));
        }
    });
}

Task<Result<int>> Store::catch_up() {
    if (!replica_readers_) co_return 0;
    co_return co_await io::blocking(pool_, [this]() -> Result<int> {
        TRY(const auto named, named_files());
        return objects::catch_up(shelf_, opened_,
                                 [&](std::int64_t file) { return named.contains(file); });
    });
}

// The replica's bytes of a segment that lies in the index, if they fit its sum.
std::optional<std::string> Store::sound_bytes(std::int64_t id, const Segment& segment) const {
    auto read = replica_readers_->with([&](store::Db& db) -> Result<std::string> {
        TRY(auto* one, db.cached("SELECT bytes FROM segment WHERE id = ?"));
        TRYV(one->bind(id));
        TRY(const bool there, one->step());
        std::string bytes(there ? one->text(0) : "");
        one->rewind();
        return bytes;
    });
    if (!read || read->size() != segment.size || crc64(*read) != segment.crc64) return {};
    return *std::move(read);
}

// What is rotten in the index here is read from the replica's; a scrub mends it.
void Store::use_sound_bytes(std::int64_t body, std::vector<Segment>& segments) const {
    for (std::size_t i = 0; i < segments.size(); ++i) {
        auto& one = segments[i];
        if (one.file != 0 || crc64(one.bytes) == one.crc64) continue;
        if (auto sound = sound_bytes((body << body_shift) + static_cast<std::int64_t>(i), one))
            one.bytes = *std::move(sound);
    }
}

// Of a body that is sound here: that of the replica, mended if need be.
std::optional<Store::Damage> Store::check_second(const Segment& segment) const {
    const auto* mirror = shelf_.mirror();
    if (segment.file == 0 || !mirror || !mirror->keeps_up()) return {};
    const auto checked = mirror->shelf().check(segment.file);
    if (checked && checked->crc64 == segment.crc64) return {};
    Damage damage{.what =
                      checked ? "in the replica: a file of another object" : checked.error().what};
    damage.mended = mirror->shelf().restore(segment.file, shelf_).has_value();
    return damage;
}

Task<Result<void>> Store::write_mended(std::vector<Damage> inlined) {
    std::erase_if(inlined, [](const Damage& one) { return one.id == 0; });
    if (inlined.empty()) co_return Result<void>();
    co_return co_await writer_.commit([all = std::move(inlined)](store::Db& db) -> Result<void> {
        TRY(auto* put, db.cached("UPDATE segment SET bytes = ? WHERE id = ? AND crc64 = ?"));
        for (const auto& one : all)
            TRYV(put->run(store::blob(one.bytes), one.id, crc64(one.bytes)));
        return {};
    });
}

}  // namespace mayfly::objects
