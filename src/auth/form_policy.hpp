// What a browser's form may store: the policy document that its maker signed. S3's POST Object and
// OSS's PostObject. Pure.
//
//   {"expiration": "2026-12-01T12:00:00.000Z", "conditions": [
//     {"bucket": "photos"}, ["eq", "$acl", "private"], ["starts-with", "$key", "user/"],
//     ["content-length-range", 1, 1048576], ["in", "$content-type", ["image/png"]], ["not-in", …]]}
//
// "in" and "not-in" are OSS's. With S3 every field of the form must be named by a condition, but
// for the file, policy, signature, AWSAccessKeyId, x-amz-signature and x-ignore-…: nobody adds an
// ACL to a form that is not his. Names of fields are compared without case.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly::auth {

using FormFields = std::vector<std::pair<std::string, std::string>>;  // as they came

// The first field of that name; empty if there is none.
std::string_view form_field(const FormFields& fields, std::string_view name);

class FormPolicy {
public:
    // `document`: JSON. invalid (InvalidPolicyDocument): the sentence says which condition.
    static Result<FormPolicy> read(std::string_view document);

    // denied (AccessDenied): it has expired, a condition is not met, or, if `names_all`, a field is
    // not named by any. `fields` with what stands for ${filename} put in; `bucket` is the
    // request's.
    Result<void> permit(const FormFields& fields, std::string_view bucket, bool names_all,
                        WallTime now) const;

    // Of the file.
    std::uint64_t bytes_min() const { return bytes_min_; }
    std::uint64_t bytes_max() const { return bytes_max_; }

private:
    struct Condition {
        enum class Kind { equal, begins, one_of, none_of } kind;
        std::string field;                // lower case, without '$'
        std::vector<std::string> values;  // one, but for the last two kinds
        bool fits(std::string_view value) const;
        std::string text() const;
    };
    static Result<Condition> read_triple(std::string_view kind, std::string_view field,
                                         std::vector<std::string> values);

    WallTime expires_;
    std::vector<Condition> conditions_;
    std::uint64_t bytes_min_ = 0, bytes_max_ = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace mayfly::auth
