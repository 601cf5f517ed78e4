// Asynchronous calls as FC's JSON, API 2016-08-15 (facts: 2.8 and 6). Pure.
#pragma once

#include "base/result.hpp"
#include "catalog/async_configs.hpp"
#include "queue/task_queue.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly::door {

// {"destinationConfig":{"onSuccess":{"destination"},"onFailure":{…}},"maxAsyncRetryAttempts",
// "maxAsyncEventAgeInSeconds","statefulInvocation"}, and one field of ours, "asyncConcurrency". A
// destination that is null or {} is taken away; what is not named stays. invalid: InvalidArgument.
Result<catalog::AsyncChange> read_async_config(std::string_view body);

boost::json::object to_json(const AsyncConfig& config);

// limit, nextToken, status, startedTimeBegin and -End (ms), sortOrderByTime, invocationIdPrefix,
// includePayload. invalid: a value that is none.
Result<queue::ListWish> read_task_query(
    const std::vector<std::pair<std::string, std::string>>& parameters);

// "Enqueued", "Running", "Retrying", "Succeeded", "Failed", "Stopping", "Stopped", "Expired",
// "Invalid".
std::string_view task_status(const queue::Item& item);

boost::json::object task_json(const queue::Item& item);

}  // namespace mayfly::door
