// The frames of runtimes/PROTOCOL.md, version 1. Pure.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mayfly::workers {

enum class FrameType : std::uint8_t {
    setup = 1,
    call = 2,
    answer = 3,
    stage = 4,
    hook = 5,
    part = 6,
    credit = 7,
    bell = 8
};

// Flags of an answer, of a stage, of a part of an answer and of one of a request's body, and of a
// credit.
enum AnswerFlag : std::uint8_t { kHandledError = 1, kRaised = 2, kEnds = 4, kHttp = 8 };
enum StageFlag : std::uint8_t {
    kLoading = 1,
    kInitialized = 2,
    kParked = 4,
    kLoaded = 8,
    kShares = 16
};
enum PartFlag : std::uint8_t { kHead = 1 };
enum BodyFlag : std::uint8_t { kLast = 2, kCutShort = 4 };
enum CreditFlag : std::uint8_t { kUnread = 1 };

// The flags of a hook's frame: which of the function's lifecycle hooks is to run.
enum class Hook : std::uint8_t { pre_freeze = 1, pre_stop = 2 };

// FC's word in the log and in the ledger: "PreFreeze".
std::string_view to_text(Hook hook);

inline constexpr std::size_t kFrameHeaderBytes = 16;
inline constexpr std::size_t kFrameBytesMax = 64u << 20;

// How much of a body a worker may send ahead of its reader, and how long a part can be at most: so
// much, and a head.
inline constexpr std::size_t kCreditBytes = 256u << 10;
inline constexpr std::size_t kPartBytesMax = kCreditBytes + (72u << 10);

// How much of a request's body is read, and sent on, at once; a worker may ask for kCreditBytes.
inline constexpr std::size_t kBodyPieceBytes = 64u << 10;

// What a worker's credit grants: its payload. invalid: it is of another form.
Result<std::uint32_t> granted(std::string_view payload);

struct FrameHeader {
    std::uint32_t length = 0;  // of the payload, in bytes
    FrameType type = FrameType::setup;
    std::uint8_t flags = 0;
    std::uint64_t call = 0;
};

std::array<char, kFrameHeaderBytes> encode(const FrameHeader& header);

// invalid: an unknown type, a payload over its limit, or a reserved byte that is not zero.
Result<FrameHeader> decode(std::string_view sixteen_bytes);

// When a stage was reached: its payload, or `now` if it has none or names a moment to come.
Time stage_time(std::string_view payload, Time now);

// Puts frames together from a stream that arrives in any pieces.
class FrameReader {
public:
    struct Frame {
        FrameHeader header;
        std::string payload;
    };

    void feed(std::string_view bytes);

    // Takes the next whole frame out: true if there was one. invalid: as decode; the stream is
    // beyond repair then.
    Result<bool> next(Frame& frame);

private:
    std::string buffer_;
    std::size_t used_ = 0;  // of buffer_, already given out
};

}  // namespace mayfly::workers
