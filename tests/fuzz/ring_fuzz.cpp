// Shared memory as a hostile worker might fill it: no crash, no frame over its limit, and reading
// it ends.
#include "base/check.hpp"
#include "workers/ring.hpp"

#include <algorithm>
#include <cstring>

namespace workers = mayfly::workers;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    static auto made = workers::RingMemory::make();
    CHECK(made);
    const auto& memory = made->first;
    constexpr auto kWay = workers::Way::to_server;
    constexpr std::size_t kControlBytes = 192;
    std::memset(memory.control(kWay), 0, kControlBytes);
    std::memset(memory.data(kWay), 0, workers::kRingBytes);
    if (size < 4) return 0;
    std::memcpy(memory.control(kWay) + 64, data, 4);
    std::memcpy(memory.data(kWay), data + 4, std::min(size - 4, workers::kRingBytes));
    workers::RingReader reader(memory, kWay);
    workers::FrameReader::Frame frame;
    std::size_t frames = 0;
    for (std::uint32_t passed = 0; passed < 3;) {
        const auto whole = reader.next(passed, frame);
        if (!whole) return 0;  // refused: the worker is ended
        if (!*whole) ++passed;
        if (!*whole) continue;
        CHECK(frame.payload.size() == frame.header.length);
        CHECK(frame.payload.size() <= workers::kRingBytes);
        CHECK(++frames <= workers::kRingBytes / workers::kFrameHeaderBytes);
    }
    return 0;
}
