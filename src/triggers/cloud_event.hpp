// Events as the world writes them: CloudEvents 1.0. Pure.
#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly::triggers {

inline constexpr std::size_t kBatchMax = 100;  // events in one request

// An object with "id", "source" and "type", texts that are not empty, and "specversion" "1.0",
// which may be left out. invalid: InvalidArgument, naming what is missing.
Result<boost::json::object> check_cloud_event(boost::json::object event);

// The events of a request, by its content type: one (application/cloudevents+json or
// application/json), a batch of up to kBatchMax (application/cloudevents-batch+json, or a JSON
// list), or, with ce-* headers, the body being one's data. `headers`: names and values.
Result<std::vector<boost::json::object>> read_cloud_events(
    std::string_view content_type, const std::vector<std::pair<std::string, std::string>>& headers,
    std::string_view body);

}  // namespace mayfly::triggers
