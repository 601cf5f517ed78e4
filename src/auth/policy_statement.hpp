// What the statements of all policies share: actions and resources of object stores, as patterns
// with * (any bytes) and ? (one). Pure.
#pragma once

#include "base/result.hpp"

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly::auth {

// Three-valued: what is not spoken of is neither allowed nor denied.
enum class Says { nothing, allows, denies };

inline constexpr std::size_t policy_bytes_max = 20 * 1024;  // S3's limit

Failure malformed_policy(std::string what);  // invalid (MalformedPolicy): "the policy …"

// The statements of a document: a list that is not empty, of objects that have no members but
// `known`, for what is half understood permits too much.
// invalid: MalformedPolicy, NotImplemented (of a member that is not known).
Result<std::vector<boost::json::object>> policy_statements(std::string_view document,
                                                           std::span<const std::string_view> known);

// One text, or a list of them that is not empty. invalid (MalformedPolicy).
Result<std::vector<std::string>> policy_texts(const boost::json::object& from,
                                              std::string_view name);

Result<bool> policy_allows(const boost::json::object& statement);  // of its Effect

// Behind "arn:aws:s3:::" or "acs:oss:REGION:ACCOUNT:"; nothing if it is neither.
std::optional<std::string_view> plain_resource(std::string_view text);

// "s3:Get*" and "oss:Get*" as "get*", "*" as it is; nothing of another service.
std::optional<std::string> store_action(std::string_view action);

// Patterns of actions without "s3:" or "oss:", in lower case; an action of S3 also has OSS's name.
bool fits_action(const std::vector<std::string>& patterns, std::string_view action);
bool fits_any(const std::vector<std::string>& patterns, std::string_view text);

}  // namespace mayfly::auth
