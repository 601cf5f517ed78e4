// What a worker printed since its last call ended, with a bound: a function that prints without end
// costs us no more than this.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mayfly::workers {

class CallLog {
public:
    static constexpr std::size_t kBytesMax = 256u << 10;

    // Keeps the newest kBytesMax at least; what is older may go.
    void add(std::string_view text);

    // Takes everything out. If something was dropped, the text begins with a line that says so.
    std::string take();

    bool empty() const { return text_.empty(); }

private:
    std::string text_;
    std::uint64_t dropped_ = 0;  // bytes
};

}  // namespace mayfly::workers
