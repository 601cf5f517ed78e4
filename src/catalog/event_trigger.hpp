// The configuration of an eventbridge trigger, which takes published events: {"triggerEnable":
// true, "eventRuleFilterPattern": "{…}"}, the pattern being JSON in a text, or an object. Pure.
// What FC has besides (sources other than the bus, batches) is refused or ignored.
#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace mayfly::catalog {

struct EventRule {
    boost::json::object pattern;  // event_pattern.hpp
    bool enabled = true;
};

// invalid (InvalidArgument): the sentence names the field and what is allowed.
Result<EventRule> read_event_config(std::string_view config);

// The same as FC writes it.
std::string event_config(const EventRule& rule);

}  // namespace mayfly::catalog
