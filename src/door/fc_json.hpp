// FC's resources as JSON, API 2016-08-15: reading what clients send and writing what they expect.
// Pure.
//
// Reading is forgiving as FC's is: keys match without case, null means absent, unknown fields are
// ignored, and what is "not configured" may come as an empty shell. A field that asks for something
// this build does not do (a VPC, a file system) is refused, never silently dropped. One field of a
// function is ours: `isolation`, "standard" or "strict" (no worker shares its address layout).
// `instanceIsolationMode` is of FC's API 2023-03-30: "SHARE", or "REQUEST_EXCLUSIVE" (a worker
// takes one call).
#pragma once

#include "base/result.hpp"
#include "catalog/change.hpp"
#include "model/function.hpp"
#include "model/trigger.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace mayfly::door {

struct ServiceInput {
    std::string name;  // empty if absent
    catalog::ServiceChange change;
};
struct FunctionInput {
    std::string name;  // empty if absent
    catalog::FunctionChange change;
};

struct TriggerInput {
    std::string name;  // empty if absent
    catalog::TriggerChange change;
};

// invalid (InvalidArgument): not JSON, a field of the wrong type, or one that is not supported yet.
Result<ServiceInput> read_service(std::string_view body);
Result<FunctionInput> read_function(std::string_view body);
Result<catalog::NewLayerVersion> read_layer(std::string_view body);
Result<TriggerInput> read_trigger(std::string_view body);

boost::json::object to_json(const Service& service);
boost::json::object to_json(const Function& function, std::string_view region);  // never the code

// `location`: a URL of its zip.
boost::json::object to_json(const LayerVersion& layer, bool is_public, std::string_view region,
                            const std::string& location);

// `url`: where this server is reached, without a slash at its end.
boost::json::object to_json(const Trigger& trigger, const std::string& region,
                            const std::string& url);

}  // namespace mayfly::door
