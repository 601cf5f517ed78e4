// For tests: zips made entry by entry, honest or hostile.
#pragma once

#include "base/check.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly::catalog {

class ZipForTests {
public:
    ZipForTests() : bytes_(64 << 20, '\0'), archive_(archive_write_new()) {
        archive_write_set_format_zip(archive_);
        CHECK(archive_write_open_memory(archive_, bytes_.data(), bytes_.size(), &used_) ==
              ARCHIVE_OK);
    }
    ~ZipForTests() {
        if (archive_) archive_write_free(archive_);
    }
    ZipForTests(const ZipForTests&) = delete;
    ZipForTests& operator=(const ZipForTests&) = delete;

    ZipForTests& file(const std::string& name, std::string_view content, unsigned mode = 0644) {
        return entry(name, AE_IFREG, mode, content);
    }
    ZipForTests& folder(const std::string& name) { return entry(name, AE_IFDIR, 0755, {}); }
    ZipForTests& link(const std::string& name, const std::string& to) {
        return entry(name, AE_IFLNK, 0777, {}, to.c_str());
    }

    std::string bytes() {
        archive_write_close(archive_);
        archive_write_free(std::exchange(archive_, nullptr));
        return bytes_.substr(0, used_);
    }

private:
    ZipForTests& entry(const std::string& name, unsigned type, unsigned mode,
                       std::string_view content, const char* to = nullptr) {
        auto* e = archive_entry_new();
        archive_entry_set_pathname_utf8(e, name.c_str());
        archive_entry_set_filetype(e, type);
        archive_entry_set_perm(e, static_cast<__LA_MODE_T>(mode));
        archive_entry_set_size(e, static_cast<la_int64_t>(content.size()));
        if (to) archive_entry_set_symlink(e, to);
        CHECK(archive_write_header(archive_, e) == ARCHIVE_OK);
        archive_write_data(archive_, content.data(), content.size());
        archive_entry_free(e);
        return *this;
    }

    std::string bytes_;
    std::size_t used_ = 0;
    archive* archive_;
};

}  // namespace mayfly::catalog
