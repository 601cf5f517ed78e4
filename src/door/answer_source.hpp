// A function's answer in parts as the body of a response.
#pragma once

#include "door/http.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace mayfly {
class AnswerBody;
}

namespace mayfly::door {

// What is there is the response's body, what is to come its `more`. `length`: what the function
// said that all have together, if it did; when they have another the response breaks off. When the
// response is dropped before the end, the call hears that nobody reads.
void send_in_parts(Response& response, std::shared_ptr<AnswerBody> parts,
                   std::optional<std::uint64_t> length);

}  // namespace mayfly::door
