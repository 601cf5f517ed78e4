#include "catalog/code_shelf.hpp"

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "catalog/stack.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

    // The last use of this folder is gone (2). It is renamed at once, so that a later put() of
    // the same package starts afresh; its files are removed elsewhere.
    void drop(const std::string& name, bool has_blob) {
        uses.erase(name);
        if (auto gone = has_blob ? blobs.remove(name) : Result<void>(); !gone)
            log.warn("code {}: {}", name, gone.error().what);
        const auto away = folder / fmt::format("trash-{}", ++trash);
        if (std::rename((folder / name).c_str(), away.c_str()) != 0) {
            if (errno != ENOENT)
                log.warn("code {}: cannot be removed: {}", name, std::strerror(errno));
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
    CodeUse(std::weak_ptr<CodeShelf::Shelf> shelf, std::string name, fs::path folder,
            std::vector<Use> parts)
        : shelf_(std::move(shelf)),
          name_(std::move(name)),
          folder_(std::move(folder)),
          parts_(std::move(parts)) {}
    CodeUse(const CodeUse&) = delete;
    CodeUse& operator=(const CodeUse&) = delete;
    ~CodeUse() {
        if (const auto shelf = shelf_.lock()) shelf->drop(name_, parts_.empty());
    }
    const std::string& name() const { return name_; }
    const fs::path& folder() const { return folder_; }

private:
    std::weak_ptr<CodeShelf::Shelf> shelf_;
    std::string name_;
    fs::path folder_;
    std::vector<Use> parts_;  // of a stack
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

Use CodeShelf::acquire(const std::string& name, std::vector<Use> parts) {
    auto& known = shelf_->uses[name];
    if (auto use = known.lock()) return use;
    auto use =
        std::make_shared<const CodeUse>(shelf_, name, shelf_->folder / name, std::move(parts));
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

std::string CodeShelf::stack_name(const std::vector<std::string>& sha256s) {
    return "stack-" + hex(sha256(fmt::format("{}", fmt::join(sha256s, "\n"))));
}

Task<Result<Use>> CodeShelf::stack(std::vector<Use> parts) {
    if (parts.size() < 2) co_return parts.empty() ? nullptr : parts.front();
    std::vector<std::string> names;
    std::vector<fs::path> folders;
    for (const auto& part : parts) {
        names.push_back(part->name());
        folders.push_back(part->folder());
    }
    auto use = acquire(stack_name(names), std::move(parts));  // and with it the parts (2)
    auto make = [folders = std::move(folders), folder = use->folder()]() -> Result<void> {
        if (fs::exists(folder)) return {};
        return stack_folders(folders, folder);
    };
    CO_TRYV(co_await io::blocking(shelf_->pool, std::move(make)));
    co_return use;
}

fs::path CodeShelf::folder_of(const Use& use) { return use ? use->folder() : fs::path(); }

}  // namespace mayfly::catalog
