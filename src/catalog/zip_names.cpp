#include "catalog/zip_names.hpp"

#include <algorithm>
#include <cstdint>

namespace mayfly::catalog {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t entry_bytes = 46;  // of a directory entry before its name

// Little-endian; 0 beyond the end.
std::uint64_t number(std::string_view bytes, std::size_t at, std::size_t size) {
    std::uint64_t n = 0;
    if (at > bytes.size() || bytes.size() - at < size) return 0;
    for (std::size_t i = size; i-- > 0;) n = n << 8 | static_cast<unsigned char>(bytes[at + i]);
    return n;
}

// The directory's bytes: it ends where its end record begins.
std::string_view directory(std::string_view zip) {
    auto end = zip.rfind("PK\5\6"sv);
    if (end == zip.npos) return {};
    auto size = number(zip, end + 12, 4);
    if (const auto zip64 = zip.substr(0, end).rfind("PK\6\6"sv);
        size == 0xffffffff && zip64 != zip.npos) {
        end = zip64;
        size = number(zip, end + 40, 8);
    }
    return size <= end ? zip.substr(end - size, size) : std::string_view();
}

}  // namespace

std::optional<std::string> name_with_nul(std::string_view zip) {
    for (auto rest = directory(zip); rest.size() >= entry_bytes && rest.starts_with("PK\1\2"sv);) {
        const auto name_size = number(rest, 28, 2);
        const auto name = rest.substr(entry_bytes, name_size);
        if (name.find('\0') != name.npos) {
            std::string shown(name);
            std::ranges::replace(shown, '\0', '?');
            return shown;
        }
        const auto whole = entry_bytes + name_size + number(rest, 30, 2) + number(rest, 32, 2);
        rest.remove_prefix(std::min<std::size_t>(whole, rest.size()));
    }
    return {};
}

}  // namespace mayfly::catalog
