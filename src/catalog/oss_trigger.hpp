// The configuration of an oss trigger: {"events": ["oss:ObjectCreated:*", …], "filter": {"key":
// {"prefix": "in/", "suffix": ".jpg"}}, "eventFormat": "oss" | "s3"}, the last ours, and its source
// ARN, acs:oss:{region}:{account}:{bucket}. Pure.
#pragma once

#include "base/result.hpp"
#include "model/trigger.hpp"

#include <string>
#include <string_view>

namespace mayfly::catalog {

// All: invalid (InvalidArgument): the sentence names the field and what is allowed.
Result<OssWatch> read_oss_config(std::string_view config);  // without its bucket
Result<std::string> bucket_of_arn(std::string_view arn);
Result<OssWatch> read_oss_trigger(const TriggerSpec& spec);

// The configuration as FC writes it.
std::string oss_config(const OssWatch& watch);

}  // namespace mayfly::catalog
