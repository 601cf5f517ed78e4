// Layers, as the command line names them.
#pragma once

#include "cli/fc_client.hpp"

#include <string>
#include <vector>

namespace mayfly::cli {

// The ARNs of layers that are named by ARN, as NAME:VERSION, or as NAME, which is the newest.
// Errors: the server's (LayerNotFound, LayerVersionNotFound).
Result<boost::json::array> layer_arns(const FcClient& fc, const std::vector<std::string>& layers);

}  // namespace mayfly::cli
