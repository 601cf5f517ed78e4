// How a layer version is called on FC's wire. Pure.
//
// "acs:fc:{region}:{account}:layers/{layer}/versions/{n}" (arnV2), or the older
// "{hash of the account}#{layer}#{n}" (arn); facts: API 2016-08-15, "Layers". A server is one
// region, whatever clients call it.
#pragma once

#include "base/result.hpp"
#include "model/layer.hpp"

#include <string>
#include <string_view>

namespace mayfly::catalog {

std::string layer_arn(const LayerName& version, std::string_view region);
std::string old_layer_arn(const LayerName& version);

// Either form; the older one names a layer of `caller` only. invalid (InvalidArgument): it is
// neither. not_found (LayerVersionNotFound): the hash is not the caller's.
Result<LayerName> parse_layer_arn(std::string_view arn, const AccountId& caller);

}  // namespace mayfly::catalog
