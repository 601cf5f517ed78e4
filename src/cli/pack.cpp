#include "cli/pack.hpp"

#include "base/files.hpp"
#include "cli/ignore.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

namespace mayfly::cli {
namespace {

namespace fs = std::filesystem;

// Never packed, whatever the ignore file says: history, secrets, our own state.
constexpr std::string_view never[] = {".git", ".env", ".mayfly"};

// Finds the files: the name in the package and where the bytes are.
class Walk {
public:
    explicit Walk(fs::path root) : root_(std::move(root)) {}

    Result<std::map<std::string, fs::path>> own_files(std::string_view left_out) {
        for (const auto* name : {".mayflyignore", ".funignore"}) {
            if (const auto lines = read_file(root_ / name)) ignore_.add(*lines);
        }
        ignore_.add(left_out);
        return all_files();
    }

    Result<std::map<std::string, fs::path>> all_files() {
        TRYV(enter(root_, ""));
        return std::move(files_);
    }

private:
    Result<void> enter(const fs::path& folder, const std::string& prefix) {
        if (std::ranges::find(above_, folder) != above_.end()) {
            return fail(Kind::invalid, "the link '" + prefix + "' leads back to a folder it is in");
        }
        above_.push_back(folder);
        std::error_code error;
        for (fs::directory_iterator it(folder, error), end; !error && it != end;
             it.increment(error)) {
            TRYV(visit(it->path(), prefix + it->path().filename().string()));
        }
        above_.pop_back();
        if (error)
            return fail(Kind::invalid, "cannot read '" + folder.string() + "': " + error.message());
        return {};
    }

    Result<void> visit(const fs::path& path, const std::string& name) {
        if (std::ranges::find(never, path.filename().string()) != std::end(never)) return {};
        std::error_code error;
        const auto real = fs::canonical(path, error);
        if (error && !ignore_.ignores(name, false)) {
            return fail(Kind::invalid, "cannot follow '" + name + "': " + error.message());
        }
        const auto type = fs::status(real, error).type();
        if (ignore_.ignores(name, type == fs::file_type::directory)) return {};
        if (!is_inside(real)) {
            return fail(Kind::invalid, "the link '" + name + "' leads out of the folder, to '" +
                                           real.string() +
                                           "'; copy what it names into the folder, or ignore it");
        }
        if (type == fs::file_type::directory) return enter(real, name + "/");
        if (type != fs::file_type::regular) {
            return fail(Kind::invalid,
                        "'" + name + "' is neither file nor folder; name it in .mayflyignore");
        }
        files_.emplace(name, real);
        return {};
    }

    bool is_inside(const fs::path& real) const {
        return std::mismatch(root_.begin(), root_.end(), real.begin(), real.end()).first ==
               root_.end();
    }

    fs::path root_;  // canonical
    Ignore ignore_;
    std::vector<fs::path> above_;
    std::map<std::string, fs::path> files_;
};

struct Close {
    void operator()(archive* a) const { archive_write_free(a); }
    void operator()(archive_entry* e) const { archive_entry_free(e); }
};

la_ssize_t append(archive*, void* bytes, const void* more, std::size_t count) {
    static_cast<std::string*>(bytes)->append(static_cast<const char*>(more), count);
    return static_cast<la_ssize_t>(count);
}

Failure broken(archive* a) {
    const auto* why = archive_error_string(a);
    return fail(Kind::internal,
                std::string("cannot make the package: ") + (why ? why : "unknown reason"));
}

Result<void> add(archive* zip, const std::string& name, const fs::path& file) {
    TRY(const auto bytes, read_file(file));
    std::error_code ignored;
    const auto mode = fs::status(file, ignored).permissions();
    const bool runs = (mode & fs::perms::owner_exec) != fs::perms::none;
    const std::unique_ptr<archive_entry, Close> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), runs ? 0755 : 0644);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
    if (archive_write_header(zip, entry.get()) != ARCHIVE_OK) return broken(zip);
    if (archive_write_data(zip, bytes.data(), bytes.size()) < 0) return broken(zip);
    return {};
}

}  // namespace

Result<std::string> pack_folder(const fs::path& folder, const std::optional<Addition>& addition) {
    std::error_code error;
    const auto root = fs::canonical(folder, error);
    if (error || !fs::is_directory(root, error)) {
        return fail(Kind::not_found, "there is no folder '" + folder.string() + "'");
    }
    TRY(auto files, Walk(root).own_files(addition ? addition->leaves_out : ""));
    if (addition) {
        TRY(auto more, Walk(fs::canonical(addition->folder, error)).all_files());
        files.merge(more);
    }
    if (files.empty())
        return fail(Kind::invalid, "'" + root.string() + "' holds no file to deploy");
    std::string bytes;
    const std::unique_ptr<archive, Close> zip(archive_write_new());
    archive_write_set_format_zip(zip.get());
    archive_write_set_options(zip.get(), "zip:hdrcharset=UTF-8");
    archive_write_set_bytes_in_last_block(zip.get(), 1);
    if (archive_write_open(zip.get(), &bytes, nullptr, append, nullptr) != ARCHIVE_OK)
        return broken(zip.get());
    for (const auto& [name, file] : files) TRYV(add(zip.get(), name, file));
    if (archive_write_close(zip.get()) != ARCHIVE_OK) return broken(zip.get());
    return bytes;
}

}  // namespace mayfly::cli
