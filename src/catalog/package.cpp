#include "catalog/package.hpp"

#include "base/draft_folder.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "catalog/beneath.hpp"
#include "catalog/zip_names.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <memory>

namespace mayfly::catalog {

namespace fs = std::filesystem;

namespace {

template <class... Args>
Failure refuse(fmt::format_string<Args...> text, Args&&... args) {
    return fail(Kind::invalid, fmt::format(text, std::forward<Args>(args)...), "InvalidArgument");
}

struct Close {
    void operator()(archive* a) const { archive_read_free(a); }
};
using Reader = std::unique_ptr<archive, Close>;

// The entry's name as a relative path without "." parts; "" for the root itself.
Result<std::string> safe_path(std::string_view name, const PackageLimits& limits) {
    if (name.empty()) return refuse("the package has an entry without a name; zip it again");
    if (name.front() == '/')
        return refuse("the package entry '{}' has an absolute path; zip with relative paths", name);
    if (name.size() > limits.path_bytes_max)
        return refuse("the package entry '{}…' has a path of {} bytes, more than {}; shorten it",
                      name.substr(0, 80), name.size(), limits.path_bytes_max);
    std::string path;
    for (const auto part : split(name, '/')) {
        if (part.empty() || part == ".") continue;
        if (part == "..")
            return refuse("the package entry '{}' leads out of the package with '..'; remove it",
                          name);
        if (part.size() > 255)
            return refuse("the package entry '{}…' has a name longer than 255 bytes; shorten it",
                          name.substr(0, 80));
        if (!path.empty()) path += '/';
        path += part;
    }
    return path;
}

class Unpacking {
public:
    Unpacking(std::string_view zip, Beneath root, const PackageLimits& limits)
        : zip_(zip), root_(std::move(root)), limits_(limits), reader_(archive_read_new()) {}

    Result<PackageFacts> all() {
        archive_read_support_format_zip_seekable(reader_.get());
        if (archive_read_open_memory(reader_.get(), zip_.data(), zip_.size()) != ARCHIVE_OK)
            return broken();
        std::uint64_t entries = 0;
        for (;;) {
            archive_entry* entry = nullptr;
            const int code = archive_read_next_header(reader_.get(), &entry);
            if (code == ARCHIVE_EOF) break;
            if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return broken();
            if (++entries > limits_.entries_max)
                return refuse(
                    "the package has more than {} entries; leave out what the function does not "
                    "need",
                    limits_.entries_max);
            TRYV(one(entry));
        }
        if (facts_.files == 0)
            return refuse(
                "the package holds no file; zip the files themselves, not an empty folder");
        return facts_;
    }

private:
    Failure broken() {
        const char* why = archive_error_string(reader_.get());
        return refuse("the package is not a readable zip file ({}); zip it again",
                      why ? why : "no entries");
    }

    Result<void> one(archive_entry* entry) {
        const char* utf8 = archive_entry_pathname_utf8(entry);
        const char* name = utf8 ? utf8 : archive_entry_pathname(entry);
        TRY(const auto path, safe_path(name ? name : "", limits_));
        if (archive_entry_hardlink(entry) || archive_entry_filetype(entry) == AE_IFLNK)
            return refuse(
                "the package entry '{}' is a link; put a copy of the file in its place (zip does "
                "so "
                "unless told -y)",
                path);
        if (archive_entry_is_encrypted(entry))
            return refuse("the package entry '{}' is encrypted; zip it without a password", path);
        if (archive_entry_filetype(entry) == AE_IFDIR) return root_.make_folder(path);
        if (archive_entry_filetype(entry) != AE_IFREG)
            return refuse("the package entry '{}' is a device or pipe, not a file; remove it",
                          path);
        if (path.empty()) return refuse("the package has a file without a name; zip it again");
        return write(path, (archive_entry_perm(entry) & 0111) != 0);
    }

    Result<void> write(const std::string& path, bool executable) {
        TRY(const auto file, root_.make_file(path));
        for (;;) {
            const auto n = archive_read_data(reader_.get(), buffer_, sizeof buffer_);
            if (n == 0) break;
            if (n < 0) return broken();
            facts_.bytes += static_cast<std::uint64_t>(n);
            TRYV(check_size());
            if (!write_all(file.get(), {buffer_, static_cast<std::size_t>(n)}))
                return fail(Kind::unavailable,
                            fmt::format("'{}' cannot be written ({}); is the disk full?", path,
                                        errno_error("write").what));
        }
        if (::fchmod(file.get(), executable ? 0555 : 0444) != 0)
            return Failure(errno_error("chmod " + path));
        ++facts_.files;
        return {};
    }

    // (3)
    Result<void> check_size() const {
        if (facts_.bytes > limits_.unpacked_bytes_max)
            return refuse(
                "the package unpacks to more than {} MB; leave out what the function does not need",
                limits_.unpacked_bytes_max >> 20);
        if (facts_.bytes > limits_.ratio_free_bytes &&
            facts_.bytes / limits_.ratio_max > zip_.size())
            return refuse(
                "the package unpacks to more than {} times its size, as a zip bomb does; make "
                "large "
                "files when the function starts instead",
                limits_.ratio_max);
        return {};
    }

    std::string_view zip_;
    Beneath root_;
    const PackageLimits& limits_;
    Reader reader_;
    PackageFacts facts_;
    char buffer_[65536];
};

Result<void> check_whole(std::string_view zip, const PackageLimits& limits) {
    using namespace std::string_view_literals;
    if (zip.empty())
        return refuse("the package is empty; send a zip file with the function's code");
    if (zip.size() > limits.zip_bytes_max)
        return refuse("the package has {} bytes, more than the {} MB a zip may have", zip.size(),
                      limits.zip_bytes_max >> 20);
    if (zip.starts_with("PK\5\6"sv))
        return refuse("the package is a zip without any entry; add the function's code");
    if (!zip.starts_with("PK\3\4"sv))
        return refuse("the package is not a zip file; send the bytes of a .zip, base64-encoded");
    if (const auto name = name_with_nul(zip))
        return refuse("the package entry '{}' has a NUL byte in its name; rename it", *name);
    return {};
}

}  // namespace

Result<PackageFacts> unpack(std::string_view zip, const fs::path& folder,
                            const PackageLimits& limits) {
    TRYV(check_whole(zip, limits));
    TRY(auto draft, DraftFolder::make(folder));
    TRY(auto root, Beneath::open(draft.path()));
    const auto unpacking = std::make_unique<Unpacking>(zip, std::move(root), limits);
    TRY(const auto facts, unpacking->all());
    TRYV(draft.keep_as(folder));
    return facts;
}

}  // namespace mayfly::catalog
