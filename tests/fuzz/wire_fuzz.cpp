// Frames as a hostile worker might send them, and HTTP answers inside of them: no crash, no frame
// over its limit, whatever the pieces.
#include "base/check.hpp"
#include "workers/http_wire.hpp"
#include "workers/wire.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t piece = 1 + data[0];
    std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    mayfly::workers::FrameReader reader;
    mayfly::workers::FrameReader::Frame frame;
    while (!rest.empty()) {
        reader.feed(rest.substr(0, piece));
        rest.remove_prefix(std::min(piece, rest.size()));
        for (;;) {
            const auto whole = reader.next(frame);
            if (!whole) return 0;  // refused: the worker is ended
            if (!*whole) break;
            CHECK(frame.payload.size() == frame.header.length);
            CHECK(frame.payload.size() <= size);
            const auto answer = mayfly::workers::read_http_answer(frame.payload);
            if (!answer) continue;
            CHECK(answer->head.status >= 200 && answer->head.status <= 599);
            CHECK(answer->body_begins <= frame.payload.size());
        }
    }
    return 0;
}
