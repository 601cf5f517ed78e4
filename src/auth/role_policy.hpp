// What a role lets the functions of its services do with objects: RAM's and IAM's policy documents.
// Pure.
//
//   {"Version": "1", "Statement": [{"Effect": "Allow" | "Deny", "Action": …, "Resource": …}]}
//
// Action: "s3:…" or "oss:…" with * and ?, one or a list; "*" for all. Those of other services are
// none of the store's affair: they are read over. Resource: "arn:aws:s3:::BUCKET/KEY",
// "acs:oss:*:*:BUCKET/KEY" with * and ?, or "*". Conditions, NotAction and their like are refused.
#pragma once

#include "auth/policy_statement.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mayfly::auth {

class RolePolicy {
public:
    // invalid (MalformedPolicy, NotImplemented): the sentence names the member.
    static Result<RolePolicy> read(std::string_view document);

    // `action`: S3's name of it, without "s3:"; `resource`: "BUCKET", "BUCKET/KEY", or empty for
    // the list of all buckets. What denies goes before what allows.
    Says says(std::string_view action, std::string_view resource) const;

    // As it was read.
    const std::string& text() const { return text_; }

private:
    struct Statement {
        bool allows = false;
        std::vector<std::string> actions, resources;  // lower-case actions
    };
    std::vector<Statement> statements_;
    std::string text_;
};

}  // namespace mayfly::auth
