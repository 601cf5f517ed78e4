// What an event must look like for a rule to take it (EventBridge's patterns). Pure.
//
//   {"source": ["shop"], "type": [{"prefix": "user."}], "data": {"age": [{"numeric": [">=", 18]}]}}
//
// Every field that is named must fit; of a field's list one is enough: a text, number, true, false
// or null, which must be equal; {"prefix": T}, {"suffix": T}, {"equals-ignore-case": T};
// {"anything-but": V, or a list of them}; {"numeric": [OP, N, …]} with < <= = > >=; {"exists": B}.
// Of a list in the event one element that fits is enough. {} takes everything.
#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace mayfly::catalog {

// invalid (InvalidArgument): the sentence names the field and what is allowed.
Result<boost::json::object> read_pattern(std::string_view text);

// Why the event does not fit, naming the field; empty if it does.
std::string mismatch(const boost::json::object& pattern, const boost::json::object& event);

}  // namespace mayfly::catalog
