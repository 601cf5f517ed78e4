#include "catalog/code_shelf.hpp"

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace mayfly::catalog {

namespace fs = std::filesystem;

struct CodeShelf::Shelf {
    fs::path folder;
    PackageLimits limits;
    store::Blobs& blobs;
    io::BlockingPool& pool;
    const Log& log;
    std::unordered_map<std::string, std::weak_ptr<const CodeUse>> uses;
    std::uint64_t trash = 0;

    // The last use of this package is gone (2). The folder is renamed at once, so that a later
    // put() of the same package starts afresh; its files are removed elsewhere.
    void drop(const std::string& sha256) {
        uses.erase(sha256);
        if (auto gone = blobs.remove(sha256); !gone)
            log.warn("code {}: {}", sha256, gone.error().what);
        const auto away = folder / fmt::format("trash-{}", ++trash);
        if (std::rename((folder / sha256).c_str(), away.c_str()) != 0) {
            if (errno != ENOENT)
                log.warn("code {}: cannot be removed: {}", sha256, std::strerror(errno));
            return;
        }
        pool.later([away] {
            std::error_code ignored;  // what stays is removed at the next start
            fs::remove_all(away, ignored);
        });
    }
};

class CodeUse {
public:
    CodeUse(std::weak_ptr<CodeShelf::Shelf> shelf, std::string sha256, fs::path folder)
        : shelf_(std::move(shelf)), sha256_(std::move(sha256)), folder_(std::move(folder)) {}
    CodeUse(const CodeUse&) = delete;
    CodeUse& operator=(const CodeUse&) = delete;
    ~CodeUse() {
        if (const auto shelf = shelf_.lock()) shelf->drop(sha256_);
    }
    const fs::path& folder() const { return folder_; }

private:
    std::weak_ptr<CodeShelf::Shelf> shelf_;
    std::string sha256_;
    fs::path folder_;
};

namespace {

// Leaves the folders that may be trusted (4): those of this boot that a function names.
Result<void> sweep_folders(const fs::path& folder, const std::set<std::string>& named) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        return fail(Kind::internal, fmt::format("make {}: {}", folder.string(), error.message()));
    fs::permissions(folder, fs::perms(0755), error);
    const auto marker = folder / "boot";
    const auto boot = read_file("/proc/sys/kernel/random/boot_id").value_or("");
    const bool same_boot = !boot.empty() && read_file(marker) == boot;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        std::error_code ignored;
        const bool kept =
            entry.path() == marker || (same_boot && named.contains(entry.path().filename()));
        if (!kept) fs::remove_all(entry.path(), ignored);
    }
    if (same_boot) return {};
    return write_file_durably(marker, boot);
}

Result<void> sweep(const fs::path& folder, store::Blobs& blobs,
                   const std::set<std::string>& named) {
    TRYV(sweep_folders(folder, named));
    TRY(const auto stored, blobs.list());
    for (const auto& name : stored)
        if (!named.contains(name)) TRYV(blobs.remove(name));
    return {};
}

Code measure(const std::string& zip) {
    return {.sha256 = hex(sha256(zip)), .crc64 = crc64(zip), .zip_bytes = zip.size()};
}

Result<void> unpack_unless_there(std::string_view zip, const fs::path& folder,
                                 const PackageLimits& limits) {
    if (fs::exists(folder)) return {};  // whole: package.hpp (1)
    TRYV(unpack(zip, folder, limits));
    return {};
}

}  // namespace

CodeShelf::CodeShelf(fs::path folder, PackageLimits limits, store::Blobs& blobs,
                     io::BlockingPool& pool, const Log& log)
    : shelf_(new Shelf{std::move(folder), limits, blobs, pool, log, {}, 0}) {}

CodeShelf::~CodeShelf() = default;

Task<Result<void>> CodeShelf::open(std::set<std::string> named) {
    co_return co_await io::blocking(
        shelf_->pool, [folder = shelf_->folder, &blobs = shelf_->blobs, named = std::move(named)] {
            return sweep(folder, blobs, named);
        });
}

Use CodeShelf::acquire(const std::string& sha256) {
    auto& known = shelf_->uses[sha256];
    if (auto use = known.lock()) return use;
    auto use = std::make_shared<const CodeUse>(shelf_, sha256, shelf_->folder / sha256);
    known = use;
    return use;
}

Task<Result<Shelved>> CodeShelf::put(std::string bytes) {
    const auto zip = std::make_shared<const std::string>(std::move(bytes));
    const auto code = co_await io::blocking(shelf_->pool, [zip] { return measure(*zip); });
    auto use = acquire(code.sha256);  // from here on nobody removes it (2)
    auto store = [zip, folder = use->folder(), limits = shelf_->limits,
                  &blobs = shelf_->blobs]() -> Result<void> {
        TRYV(unpack_unless_there(*zip, folder, limits));
        TRYV(blobs.put(*zip));
        return {};
    };
    CO_TRYV(co_await io::blocking(shelf_->pool, std::move(store)));
    co_return Shelved{code, std::move(use)};
}

Task<Result<Use>> CodeShelf::restore(Code code) {
    const auto folder = shelf_->folder / code.sha256;
    auto rebuild = [code, folder, limits = shelf_->limits,
                    &blobs = shelf_->blobs]() -> Result<void> {
        if (fs::exists(folder)) return {};
        TRY(const auto zip, blobs.get(code.sha256));
        return unpack_unless_there(zip, folder, limits);
    };
    CO_TRYV(co_await io::blocking(shelf_->pool, std::move(rebuild)));
    co_return acquire(code.sha256);
}

const fs::path& CodeShelf::folder_of(const Use& use) { return use->folder(); }

}  // namespace mayfly::catalog
