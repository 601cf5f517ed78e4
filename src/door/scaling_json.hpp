// On-demand and provision configurations as FC writes them (facts: API 2016-08-15, "Provisioned
// instances"). Pure. Reading is as forgiving as fc_json.hpp's.
#pragma once

#include "base/result.hpp"
#include "catalog/scalings.hpp"
#include "model/scaling.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace mayfly::door {

// invalid (InvalidArgument): not JSON, a field of the wrong type or out of bounds, a schedule that
// is not understood.
Result<int> read_on_demand(std::string_view body);
Result<ProvisionConfig> read_provision(std::string_view body);

// "services/{service}.{qualifier}/functions/{function}"; without a dot for LATEST.
std::string scaling_resource(const catalog::ScalingKey& key);

boost::json::object to_json(const catalog::ScalingKey& key, const OnDemandConfig& config);
boost::json::object to_json(const catalog::ScalingKey& key, const ProvisionConfig& config,
                            int current, const std::string& current_error);

// The largest number of workers that it may ever keep.
int largest_target(const ProvisionConfig& config);

}  // namespace mayfly::door
