// Why a worker says that it cannot start: an answer to no call (runtimes/PROTOCOL.md). Pure.
#pragma once

#include "base/result.hpp"

#include <optional>
#include <string_view>

namespace mayfly::workers {

// The reason in such an answer, with FC's code and the end of what was printed. Nothing if it is
// not one of the reasons FC knows: a worker is not believed.
std::optional<Error> start_refusal(std::string_view answer, std::string_view printed);

}  // namespace mayfly::workers
