#include "objects/listing.hpp"

#include <algorithm>

namespace mayfly::objects {

std::string behind_all_with(std::string prefix) {
    while (!prefix.empty()) {
        auto last = static_cast<unsigned char>(prefix.back());
        if (last != 0xff) {
            prefix.back() = static_cast<char>(last + 1);
            return prefix;
        }
        prefix.pop_back();
    }
    return prefix;
}

std::string Lister::start() const {
    // No key has a NUL, so this is the first that can follow.
    if (query_.after >= query_.prefix && !query_.after.empty()) return query_.after + '\0';
    return query_.prefix;
}

Lister::Step Lister::on(std::string_view key) {
    if (!key.starts_with(query_.prefix)) return Step::done;
    const auto at =
        query_.delimiter.empty() ? key.npos : key.find(query_.delimiter, query_.prefix.size());
    if (at == key.npos) {
        if (taken_ == query_.count) return Step::full;
        ++taken_;
        last_ = key;
        return Step::take;
    }
    std::string rolled(key.substr(0, at + query_.delimiter.size()));
    next_start_ = behind_all_with(rolled);
    if (rolled <= query_.after) return Step::skip;
    if (taken_ == query_.count) return Step::full;
    ++taken_;
    last_ = std::move(rolled);
    return Step::roll;
}

}  // namespace mayfly::objects
