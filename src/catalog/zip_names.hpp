// The names a zip's directory holds, byte for byte. libarchive hands names out as C strings and so
// cannot show what follows a NUL in one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mayfly::catalog {

// The first name with a NUL byte in it, shown with '?' in its place; nothing if there is none or
// the directory cannot be found (then libarchive refuses the zip). Format: PKWARE APPNOTE 4.3.12
// to 4.3.16, Zip64 included. Pure.
std::optional<std::string> name_with_nul(std::string_view zip);

}  // namespace mayfly::catalog
