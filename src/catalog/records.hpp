// How services, functions, triggers and layers are written down: JSON with a format number, under
// keys fc/service/{account}/{service}, fc/function/{account}/{service}/{function},
// fc/trigger/{account}/{service}/{function}/{trigger}, fc/layer/{account}/{layer} and
// fc/layer-version/{account}/{layer}/{version}. Pure.
//
// Format 1. A reader refuses a number it does not know; fields it does not know it ignores.
#pragma once

#include "base/result.hpp"
#include "model/function.hpp"
#include "model/trigger.hpp"

#include <string>
#include <string_view>

namespace mayfly::catalog {

inline constexpr std::string_view service_prefix = "fc/service/";
inline constexpr std::string_view function_prefix = "fc/function/";
inline constexpr std::string_view layer_prefix = "fc/layer/";
inline constexpr std::string_view layer_version_prefix = "fc/layer-version/";
inline constexpr std::string_view trigger_prefix = "fc/trigger/";

std::string key_of(const Service& service);
std::string key_of(const Function& function);
std::string key_of(const Layer& layer);
std::string key_of(const LayerName& version);
std::string key_of(const Trigger& trigger);

std::string to_record(const Service& service);
std::string to_record(const Function& function);
std::string to_record(const Layer& layer);
std::string to_record(const LayerVersion& version);
std::string to_record(const Trigger& trigger);

// internal: the bytes are not such a record; the sentence says what is wrong.
Result<Service> service_from_record(std::string_view bytes);
Result<Function> function_from_record(std::string_view bytes);
Result<Layer> layer_from_record(std::string_view bytes);
Result<LayerVersion> layer_version_from_record(std::string_view bytes);
Result<Trigger> trigger_from_record(std::string_view bytes);

}  // namespace mayfly::catalog
