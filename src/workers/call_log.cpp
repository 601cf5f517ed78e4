#include "workers/call_log.hpp"

#include <fmt/format.h>

#include <utility>

namespace mayfly::workers {

void CallLog::add(std::string_view text) {
    if (text.size() > kBytesMax) {
        dropped_ += text_.size() + text.size() - kBytesMax;
        text_ = text.substr(text.size() - kBytesMax);
        return;
    }
    text_ += text;
    if (text_.size() > 2 * kBytesMax) {
        dropped_ += text_.size() - kBytesMax;
        text_.erase(0, text_.size() - kBytesMax);
    }
}

std::string CallLog::take() {
    std::string out = std::exchange(text_, {});
    if (const auto dropped = std::exchange(dropped_, 0))
        out.insert(0,
                   fmt::format("({} earlier bytes of this call's output were dropped)\n", dropped));
    return out;
}

}  // namespace mayfly::workers
