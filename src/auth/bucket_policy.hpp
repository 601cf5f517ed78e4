// Who may do what in a bucket, as its owner wrote it: S3's and OSS's policy documents. Pure.
//
//   {"Statement": [{"Effect": "Allow" | "Deny", "Principal": …, "Action": …, "Resource": …}]}
//
// Principal: "*", an account's id, "arn:aws:iam::ACCOUNT:root", a role as
// "acs:ram::ACCOUNT:role/NAME", "arn:aws:iam::ACCOUNT:role/NAME" or
// "arn:sts::ACCOUNT:assumed-role/NAME/*"; one, a list, or {"AWS": …}. Action: "s3:…" or "oss:…"
// with * and ?. Resource: "arn:aws:s3:::BUCKET/KEY" or "acs:oss:*:*:BUCKET/KEY" with * and ?.
// Conditions, and NotAction and its like, are refused: a policy that is half understood permits too
// much.
#pragma once

#include "auth/policy_statement.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mayfly::auth {

struct PolicyAsk {
    std::string_view account;  // empty: nobody signed
    std::string_view role;     // "acs:ram::ACCOUNT:role/NAME" of a function's key; empty for others
    std::string_view action;   // S3's name of it, without "s3:": "GetObject"
    std::string resource;      // "BUCKET" or "BUCKET/KEY"
};

class BucketPolicy {
public:
    using Says = auth::Says;

    // invalid (MalformedPolicy, NotImplemented): the sentence names the member.
    static Result<BucketPolicy> read(std::string_view document, std::string_view bucket);

    // What denies goes before what allows.
    Says says(const PolicyAsk& ask) const;

private:
    struct Statement {
        bool allows = false;
        std::vector<std::string> principals, actions, resources;  // lower-case actions
        bool fits(const PolicyAsk& ask) const;
    };
    std::vector<Statement> statements_;
};

}  // namespace mayfly::auth
