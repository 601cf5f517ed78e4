// A function's triggers, over the API.
#pragma once

#include "cli/fc_client.hpp"
#include "model/trigger.hpp"

#include <boost/json/array.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mayfly::cli {

struct DeployedTrigger {
    std::string_view action;  // "created", "updated" or "unchanged"
    std::string url;          // where it is called; empty if it has no URL
};

// Makes the trigger, or changes it to what is wanted. Others of the function stay as they are.
Result<DeployedTrigger> deploy_trigger(const FcClient& fc, const FunctionName& function,
                                       const TriggerSpec& wanted);

// All of them, as the API shows them.
Result<boost::json::array> triggers_of(const FcClient& fc, const FunctionName& function);

// Those that are not `kept`, by name; the names of the others, which are gone now.
Result<std::vector<std::string>> remove_other_triggers(const FcClient& fc,
                                                       const FunctionName& function,
                                                       const std::vector<std::string>& kept);

Result<void> remove_triggers(const FcClient& fc, const FunctionName& function);

// "http anonymous GET,POST": its type and configuration on a line.
std::string trigger_text(std::string_view type, const boost::json::object& config);

}  // namespace mayfly::cli
