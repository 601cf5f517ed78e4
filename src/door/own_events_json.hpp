// What own_events reads and writes. Pure.
#pragma once

#include "base/result.hpp"
#include "model/code.hpp"
#include "model/fields.hpp"
#include "queue/task_queue.hpp"
#include "triggers/timers.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly::door {

using Parameters = std::map<std::string, std::string, std::less<>>;

// Of a query, or of a JSON object whose values are texts and numbers. invalid: neither.
Parameters parameters_of(const std::vector<std::pair<std::string, std::string>>& query);
Result<Parameters> parameters_of(std::string_view body);

// service and function as the queue's lanes. invalid: a function without a service.
Result<std::string> lane_prefix_of(const Parameters& parameters, const AccountId& account);

Result<queue::ListWish> list_wish(const Parameters& parameters, const AccountId& account);
Result<queue::DeadWish> dead_wish(const Parameters& parameters, const AccountId& account);
Result<std::int64_t> number_of(const Parameters& parameters, std::string_view name,
                               std::int64_t otherwise, std::int64_t least, std::int64_t most);

boost::json::object event_json(const queue::Item& item, bool whole);
boost::json::object group_json(const queue::DeadGroup& group);
boost::json::object timer_json(const triggers::Timers::Shown& timer);

}  // namespace mayfly::door
