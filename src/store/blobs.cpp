#include "store/blobs.hpp"

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

namespace mayfly::store {

namespace fs = std::filesystem;

namespace {

bool is_name(std::string_view text) {
    return text.size() == 64 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

Failure write_failure(const std::string& what) {
    const bool full = errno == ENOSPC || errno == EDQUOT;
    auto error = errno_error(what);
    if (full) error = Error(Kind::unavailable, error.what + "; free some space on its disk");
    return Failure(std::move(error));
}

// A file of its own beside the blobs, so that two puts of the same bytes do not meet. Its name is
// removed again unless the file was renamed away.
class Draft {
public:
    explicit Draft(const fs::path& folder) : path_((folder / "draft-XXXXXX").string()) {
        file_ = Fd(::mkostemp(path_.data(), O_CLOEXEC));
    }
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;
    ~Draft() {
        if (file_ && !kept_) ::unlink(path_.c_str());
    }

    Result<void> keep_as(const fs::path& name, std::string_view bytes) {
        if (!file_) return write_failure("open " + path_);
        if (!write_all(file_.get(), bytes) || ::fchmod(file_.get(), 0400) != 0 ||
            ::fsync(file_.get()) != 0)
            return write_failure("write " + path_);
        if (::rename(path_.c_str(), name.c_str()) != 0)
            return write_failure("rename to " + name.string());
        kept_ = true;
        return {};
    }

private:
    std::string path_;
    Fd file_;
    bool kept_ = false;
};

}  // namespace

Result<FileBlobs> FileBlobs::open(fs::path folder) {
    TRYV(make_folder_durably(folder));
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (entry.path().filename().string().starts_with("draft-")) fs::remove(entry.path(), error);
    return FileBlobs(std::move(folder));
}

Result<fs::path> FileBlobs::path(const std::string& sha256) const {
    if (!is_name(sha256))
        return fail(Kind::invalid, fmt::format("'{}' is not the name of a blob", sha256));
    return folder_ / sha256.substr(0, 2) / sha256;
}

Result<std::string> FileBlobs::put(std::string_view bytes) {
    const auto name = hex(sha256(bytes));
    if (get(name)) return name;
    TRY(const auto file, path(name));
    if (::mkdir(file.parent_path().c_str(), 0700) == 0) TRYV(sync_folder(folder_));
    Draft draft(folder_);
    TRYV(draft.keep_as(file, bytes));
    TRYV(sync_folder(file.parent_path()));
    return name;
}

Result<std::string> FileBlobs::get(const std::string& name) const {
    TRY(const auto file, path(name));
    TRY(auto bytes, read_file(file));
    if (hex(sha256(bytes)) == name) return bytes;
    return fail(Kind::internal,
                fmt::format("the stored file {} is damaged: its bytes no longer fit its name; "
                            "restore it from a backup or upload it again",
                            file.string()),
                "BlobDamaged");
}

Result<std::string> FileBlobs::range(const std::string& name, std::uint64_t from,
                                     std::uint64_t count) const {
    TRY(auto bytes, get(name));
    if (from >= bytes.size()) return std::string();
    return bytes.substr(from, count);
}

bool FileBlobs::has(const std::string& name) const {
    const auto file = path(name);
    return file && ::access(file->c_str(), F_OK) == 0;
}

Result<void> FileBlobs::remove(const std::string& name) {
    TRY(const auto file, path(name));
    if (::unlink(file.c_str()) != 0 && errno != ENOENT)
        return Failure(errno_error("remove " + file.string()));
    return {};
}

Result<std::vector<std::string>> FileBlobs::list() const {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(folder_, error))
        if (const auto name = entry.path().filename().string(); is_name(name))
            names.push_back(name);
    if (error)
        return fail(Kind::internal, fmt::format("list {}: {}", folder_.string(), error.message()));
    std::ranges::sort(names);
    return names;
}

}  // namespace mayfly::store
