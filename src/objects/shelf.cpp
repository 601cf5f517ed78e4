#include "objects/shelf.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <set>

namespace mayfly::objects {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kMagic = "MFYBODY1";
constexpr std::uint64_t kFooter = 32;

void put_u64(std::string& to, std::uint64_t value) {
    for (int i = 0; i < 8; ++i) to += static_cast<char>(value >> 8 * i);
}

std::uint64_t get_u64(std::string_view from) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i)
        value |= std::uint64_t{static_cast<unsigned char>(from[i])} << 8 * i;
    return value;
}

Failure write_failure(const std::string& what) {
    const bool full = errno == ENOSPC || errno == EDQUOT;
    auto error = errno_error(what);
    if (full) error = Error(Kind::unavailable, error.what + "; free some space on its disk");
    return Failure(std::move(error));
}

Failure damaged(const fs::path& path, std::string_view how) {
    return fail(Kind::internal,
                fmt::format("the stored file {} is damaged ({}); restore it from the replica or a "
                            "backup, or store the object again",
                            path.string(), how),
                "ObjectDamaged");
}

// All `count` bytes at `from`, or what errno says; an end that comes early is an error, too.
Result<std::string> read_exactly(int fd, std::uint64_t from, std::uint64_t count,
                                 const fs::path& path) {
    std::string bytes(count, '\0');
    std::uint64_t have = 0;
    while (have < count) {
        const auto n =
            ::pread(fd, bytes.data() + have, count - have, static_cast<off_t>(from + have));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return Failure(errno_error("read " + path.string()));
        if (n == 0) return damaged(path, "it is too short");
        have += static_cast<std::uint64_t>(n);
    }
    return bytes;
}

}  // namespace

void BlockSums::add(std::string_view bytes) {
    size_ += bytes.size();
    while (!bytes.empty()) {
        const auto now = bytes.substr(0, block_bytes - open_bytes_);
        open_ = mayfly::crc64(now, open_);
        open_bytes_ += now.size();
        bytes.remove_prefix(now.size());
        if (open_bytes_ < block_bytes) continue;
        whole_ = crc64_joined(whole_, open_, block_bytes);
        full_.push_back(open_);
        open_ = open_bytes_ = 0;
    }
}

std::uint64_t BlockSums::whole() const {
    return open_bytes_ ? crc64_joined(whole_, open_, open_bytes_) : whole_;
}

std::string BlockSums::trailer() const {
    std::string out;
    for (const auto sum : full_) put_u64(out, sum);
    if (open_bytes_) put_u64(out, open_);
    const auto sums = mayfly::crc64(out);
    out += kMagic;
    put_u64(out, size_);
    put_u64(out, sums);
    put_u64(out, block_bytes);
    return out;
}

ShelfDraft::ShelfDraft(ShelfDraft&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      file_(std::move(other.file_)),
      written_(other.written_),
      mirror_(std::move(other.mirror_)),
      second_(std::move(other.second_)) {}

ShelfDraft::~ShelfDraft() {
    if (!path_.empty()) ::unlink(path_.c_str());
}

Result<void> ShelfDraft::write(std::string_view bytes) {
    if (!write_all(file_.get(), bytes)) return write_failure("write " + path_.string());
    // The disk begins while the next bytes come and are summed; keep() waits for it.
    ::sync_file_range(file_.get(), written_, static_cast<off_t>(bytes.size()),
                      SYNC_FILE_RANGE_WRITE);
    written_ += static_cast<off_t>(bytes.size());
    if (!second_) return {};
    if (auto done = second_->write(bytes); !done) {
        mirror_->fell_behind(std::move(done).error());
        second_.reset();
    }
    return {};
}

Result<std::string> ShelfFile::read(std::uint64_t from, std::uint64_t count) const {
    if (count == 0) return std::string();
    const auto first = from / block_bytes, last = (from + count - 1) / block_bytes;
    const auto begin = first * block_bytes, end = std::min((last + 1) * block_bytes, size_);
    TRY(auto bytes, read_exactly(file_.get(), begin, end - begin, path_));
    for (auto block = first; block <= last; ++block) {
        const auto at = (block - first) * block_bytes;
        if (mayfly::crc64(std::string_view(bytes).substr(at, block_bytes)) != sums_[block])
            return damaged(path_, fmt::format("block {} does not fit its sum", block));
    }
    if (begin == from && bytes.size() == count) return bytes;
    return bytes.substr(from - begin, count);
}

Result<Shelf> Shelf::open(fs::path folder) {
    std::error_code error;
    fs::remove_all(folder / "drafts", error);  // (3)
    TRYV(make_folder_durably(folder));
    fs::create_directory(folder / "drafts", error);
    for (int i = 0; i < 256 && !error; ++i)
        fs::create_directory(folder / fmt::format("{:02x}", i), error);
    if (error)
        return fail(Kind::internal, fmt::format("make {}: {}", folder.string(), error.message()));
    TRYV(sync_folder(folder));
    return Shelf(std::move(folder));
}

fs::path Shelf::path(std::int64_t file) const {
    const auto name = fmt::format("{:016x}", file);
    return folder_ / name.substr(14) / name;
}

Result<ShelfDraft> Shelf::draft(std::int64_t file) const {
    auto path = folder_ / "drafts" / fmt::format("{:016x}", file);
    Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd) return write_failure("open " + path.string());
    ShelfDraft draft(std::move(path), std::move(fd));
    if (!mirror_ || !mirror_->keeps_up()) return draft;
    draft.mirror_ = mirror_;
    if (auto second = mirror_->shelf().draft(file))
        draft.second_ = std::make_unique<ShelfDraft>(*std::move(second));
    else mirror_->fell_behind(std::move(second).error());
    return draft;
}

Result<void> Shelf::keep(ShelfDraft draft, std::int64_t file, const BlockSums& sums) const {
    TRYV(draft.write(sums.trailer()));
    TRYV(name(draft, file));
    if (draft.second_)
        if (auto done = mirror_->shelf().name(*draft.second_, file); !done)
            mirror_->fell_behind(std::move(done).error());
    return {};
}

// (1)
Result<void> Shelf::name(ShelfDraft& draft, std::int64_t file) const {
    if (::fsync(draft.file_.get()) != 0) return write_failure("sync " + draft.path_.string());
    const auto name = path(file);
    if (::rename(draft.path_.c_str(), name.c_str()) != 0)
        return write_failure("rename to " + name.string());
    draft.path_.clear();
    return sync_folder(name.parent_path());
}

Result<ShelfFile> Shelf::read(std::int64_t file) const {
    ShelfFile found;
    found.path_ = path(file);
    found.file_ = Fd(::open(found.path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!found.file_ && errno == ENOENT) return damaged(found.path_, "it is not there");
    if (!found.file_) return Failure(errno_error("open " + found.path_.string()));
    struct stat about{};
    if (::fstat(found.file_.get(), &about) != 0)
        return Failure(errno_error("stat " + found.path_.string()));
    const auto all = static_cast<std::uint64_t>(about.st_size);
    if (all < kFooter) return damaged(found.path_, "it is too short");
    TRY(const auto footer, read_exactly(found.file_.get(), all - kFooter, kFooter, found.path_));
    const std::string_view view = footer;
    found.size_ = get_u64(view.substr(8));
    const auto blocks = (found.size_ + block_bytes - 1) / block_bytes;
    if (!view.starts_with(kMagic) || get_u64(view.substr(24)) != block_bytes || found.size_ > all ||
        all != found.size_ + blocks * 8 + kFooter)
        return damaged(found.path_, "its end is not that of a body");
    TRY(const auto sums, read_exactly(found.file_.get(), found.size_, blocks * 8, found.path_));
    if (mayfly::crc64(sums) != get_u64(view.substr(16)))
        return damaged(found.path_, "its sums do not fit theirs");
    for (std::size_t i = 0; i < blocks; ++i)
        found.sums_.push_back(get_u64(std::string_view(sums).substr(i * 8)));
    return found;
}

Result<void> Shelf::remove(std::int64_t file) const {
    const auto name = path(file);
    if (::unlink(name.c_str()) != 0 && errno != ENOENT)
        return Failure(errno_error("remove " + name.string()));
    if (mirror_ && mirror_->keeps_up())
        if (auto done = mirror_->shelf().remove(file); !done)
            mirror_->fell_behind(std::move(done).error());
    return {};
}

Result<Shelf::Whole> Shelf::check(std::int64_t file) const {
    TRY(const auto found, read(file));
    Whole whole{.size = found.size()};
    for (std::uint64_t at = 0; at < found.size(); at += 4 * block_bytes) {
        TRY(const auto bytes, found.read(at, std::min(4 * block_bytes, found.size() - at)));
        whole.crc64 = mayfly::crc64(bytes, whole.crc64);
    }
    return whole;
}

Result<void> Shelf::restore(std::int64_t file, const Shelf& from) const {
    TRY(const auto sound, from.read(file));
    ::unlink((folder_ / "drafts" / fmt::format("{:016x}", file)).c_str());  // of one cut short
    auto own = *this;
    own.mirror_ = nullptr;
    TRY(auto draft, own.draft(file));
    BlockSums sums;
    for (std::uint64_t at = 0; at < sound.size(); at += 4 * block_bytes) {
        TRY(const auto bytes, sound.read(at, std::min(4 * block_bytes, sound.size() - at)));
        sums.add(bytes);
        TRYV(draft.write(bytes));
    }
    return own.keep(std::move(draft), file, sums);
}

Result<void> Shelf::mend(std::int64_t file) const {
    if (!mirror_) return damaged(path(file), "and there is no replica");
    return restore(file, mirror_->shelf());
}

void Mirror::fell_behind(Error why) {
    if (!behind_.exchange(true)) events_.lost(std::move(why));
}

Result<int> catch_up(const Shelf& shelf, WallTime before,
                     const std::function<bool(std::int64_t)>& named) {
    auto& mirror = *shelf.mirror();
    const auto here = shelf.list(WallTime::max()), there = mirror.shelf().list(before);
    const std::set<std::int64_t> ours(here.begin(), here.end()), theirs(there.begin(), there.end());
    int changed = 0;
    for (const auto file : ours) {
        if (theirs.contains(file) || !named(file)) continue;
        if (const auto done = mirror.shelf().restore(file, shelf);
            !done && done.error().code != "ObjectDamaged") {
            mirror.fell_behind(done.error());
            return Failure(done.error());
        }
        ++changed;
    }
    for (const auto file : theirs) {
        if (ours.contains(file) || named(file)) continue;  // what is named and lost here is mended
        TRYV(mirror.shelf().remove(file));
        ++changed;
    }
    return changed;
}

std::vector<std::int64_t> Shelf::list(WallTime before) const {
    std::vector<std::int64_t> found;
    std::error_code error;
    for (int i = 0; i < 256; ++i)
        for (const auto& entry :
             fs::directory_iterator(folder_ / fmt::format("{:02x}", i), error)) {
            const auto name = entry.path().filename().string();
            std::int64_t id = 0;
            const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), id, 16);
            struct stat about{};
            if (bad != std::errc{} || end != name.data() + name.size() ||
                ::stat(entry.path().c_str(), &about) != 0)
                continue;
            if (WallTime(Seconds(about.st_mtime + 1)) <= before) found.push_back(id);
        }
    return found;
}

}  // namespace mayfly::objects
