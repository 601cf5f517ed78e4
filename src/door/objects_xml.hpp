// The documents that clients send to the object store, read by pugixml, which resolves no entities
// but the five of XML: no bomb, no file. Pure.
#pragma once

#include "base/result.hpp"
#include "objects/lifecycle.hpp"
#include "objects/types.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly::door {

// All: invalid (MalformedXML) with what is missing.

struct DeleteList {
    bool quiet = false;
    std::vector<std::pair<std::string, objects::WantedVersion>> keys;  // 1 to 1,000
};
Result<DeleteList> read_delete(std::string_view text);

// Number and ETag (quotes kept) of each part, in the order given; at most 10,000.
Result<std::vector<std::pair<int, std::string>>> read_complete(std::string_view text);

Result<objects::Pairs> read_tagging(std::string_view text);
Result<objects::Versioning> read_versioning_document(std::string_view text);

// Rules that are enabled. invalid (NotImplemented): one asks for what this server does not do, such
// as other storage classes; nothing of the document is to be kept then.
Result<std::vector<objects::LifecycleRule>> read_lifecycle(std::string_view text);

struct CorsRule {
    std::vector<std::string> origins, methods, headers, exposed;  // origins, headers: with one '*'
    std::optional<int> max_age_s;
};
Result<std::vector<CorsRule>> read_cors(std::string_view text);

// That it is XML with this root; nothing else is looked at.
Result<void> check_document(std::string_view text, std::string_view root);

}  // namespace mayfly::door
