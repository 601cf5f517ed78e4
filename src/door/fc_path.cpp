#include "door/fc_path.hpp"

namespace mayfly::door {

bool next_part(std::string_view& path, std::string_view& part) {
    if (path.empty()) return false;
    const auto slash = path.find('/');
    part = path.substr(0, slash);
    path = slash == path.npos ? std::string_view() : path.substr(slash + 1);
    return true;
}

void split_qualifier(std::string& service, std::string& qualifier) {
    const auto dot = service.find('.');
    if (dot == service.npos) return;
    qualifier = service.substr(dot + 1);
    service.resize(dot);
}

}  // namespace mayfly::door
