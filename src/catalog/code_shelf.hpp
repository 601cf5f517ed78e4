// Where packages lie: the zip as a blob, and its unpacked folder FOLDER/{sha-256} that workers run.
// Several that are used as one (layers) lie besides in FOLDER/stack-{sha-256 of their names}, which
// has the same files under more names (stack.hpp).
//
// (1) put() returns only after the zip is on the disk; so no function's record names absent code.
// (2) Code goes away when its last Use does: every revision, also one that only a worker runs,
//     holds a Use, and so does every put() under way. A stack holds the Uses of its parts.
// (3) Ending the process removes nothing; the next open() removes what no function names.
// (4) An unpacked folder is a copy and is not synced. A killed process loses nothing of it, a
//     stopped machine may: so folders of an earlier boot are not trusted but unpacked again from
//     their zips, whose bytes are checked. FOLDER/boot holds the boot's id.
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "catalog/package.hpp"
#include "io/blocking.hpp"
#include "model/function.hpp"
#include "store/blobs.hpp"

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace mayfly::catalog {

// One package in use. Shared by the revisions that run it; made and dropped on the loop thread.
class CodeUse;
using Use = std::shared_ptr<const CodeUse>;

struct Shelved {
    Code code;
    Use use;
};

// Owned by Catalog; loop thread. `blobs` holds code packages and nothing else.
class CodeShelf {
public:
    CodeShelf(std::filesystem::path folder, PackageLimits limits, store::Blobs& blobs,
              io::BlockingPool& pool, const Log& log);
    ~CodeShelf();
    CodeShelf(const CodeShelf&) = delete;
    CodeShelf& operator=(const CodeShelf&) = delete;

    // Makes the folder; removes leftovers and code whose name is not in `named`. Once, at start.
    Task<Result<void>> open(std::set<std::string> named);

    // Checks, unpacks and stores a package. Errors: unpack()'s.
    Task<Result<Shelved>> put(std::string zip);

    // The code of a stored function; unpacked again if its folder is missing.
    // internal (BlobDamaged), not_found: its blob is damaged or gone.
    Task<Result<Use>> restore(Code code);

    // The parts as one folder, in which of two files with one name the later part's counts. Of one
    // part it is that part, of none null. unavailable: the disk is full.
    Task<Result<Use>> stack(std::vector<Use> parts);

    // The name of such a folder, for open().
    static std::string stack_name(const std::vector<std::string>& sha256s);

    // Empty of null.
    static std::filesystem::path folder_of(const Use& use);

private:
    friend class CodeUse;
    struct Shelf;  // what uses still alive after us must not touch: they hold it weakly

    Use acquire(const std::string& name, std::vector<Use> parts = {});

    std::shared_ptr<Shelf> shelf_;
};

}  // namespace mayfly::catalog
