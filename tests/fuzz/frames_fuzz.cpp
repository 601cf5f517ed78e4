// Ethernet frames as a hostile sandbox might send them: no crash, and nothing passes that leads to
// where it may not.
#include "base/check.hpp"
#include "reach/frame_for_tests.hpp"

using namespace mayfly::reach;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    static const Rules rules{Guard::allowing("10.3.0.0/16").value(),
                             {parse_network("10.3.0.1").value()}};
    const std::span<const std::uint8_t> frame(data, size);
    const auto judged = judge(frame, rules);
    const auto answer = refusal(frame);
    CHECK(answer.size <= kRefusalMost && answer.size <= size + 14 + 20 + 8);
    if (judged.verdict != Verdict::pass || frame[13] == 0x06) return 0;
    const auto to = destination(frame);
    CHECK(to == kNameServer || may_reach(to, rules));
    CHECK(frame[14] == 0x45 && to >> 24 != 127 && to >> 16 != 0xA9FE);
    return 0;
}
