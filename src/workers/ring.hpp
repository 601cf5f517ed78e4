// Frames by memory that the server and a worker share (runtimes/PROTOCOL.md, "Shared memory"): what
// a short call would pay for two pipes, it does not pay.
//
// The memory is the worker's to write, so nothing in it is believed: a reader copies what it looks
// at and checks the copy, and what a writer has to know again it keeps.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"
#include "workers/wire.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace mayfly::workers {

inline constexpr std::size_t kRingBytes = 32u << 10;
inline constexpr std::size_t kRingEntryBytesMax =
    kRingBytes / 4;  // a longer frame goes by the pipe

// Each way has one ring.
enum class Way : std::uint8_t { to_worker, to_server };

// Memory for a ring each way, mapped here. One owner; any thread.
class RingMemory {
public:
    // The descriptor is the worker's: its size cannot be changed. An error: the host does not give
    // any.
    static Result<std::pair<RingMemory, Fd>> make();

    RingMemory(RingMemory&& other) noexcept;
    RingMemory& operator=(RingMemory&&) = delete;
    ~RingMemory();

    std::byte* control(Way way) const;  // three words, each in a line of the cache of its own
    std::byte* data(Way way) const;     // kRingBytes

private:
    explicit RingMemory(std::byte* begin) : begin_(begin) {}

    std::byte* begin_;
};

// The end that frames go in at. One thread.
class RingWriter {
public:
    RingWriter(const RingMemory& memory, Way way)
        : control_(memory.control(way)), data_(memory.data(way)) {}

    // Puts in a frame, which follows `after` frames of the pipe: where it begins. Nothing if it is
    // too long, or there is no room.
    std::optional<std::uint32_t> put(std::uint32_t after, std::span<const std::string_view> frame);

    // Whether the reader sleeps and has to be woken: true once for each time.
    bool wakes();

    // Has the oldest frame that was not read back, if it is the one that begins at `begin` and has
    // so many bytes.
    bool take_back(std::uint32_t begin, std::size_t frame_bytes);

    // Where the oldest frame that was not read begins, as far as one may believe it; nothing if all
    // were.
    std::optional<std::uint32_t> oldest() const;

private:
    std::byte* control_;
    std::byte* data_;
    std::uint32_t tail_ = 0;
};

// The end that frames come out at, of a ring whose frames nobody takes back. One thread.
class RingReader {
public:
    RingReader(const RingMemory& memory, Way way)
        : control_(memory.control(way)), data_(memory.data(way)) {}

    // Takes the next frame out, if `passed` frames of the pipe are those it follows: true if there
    // was one. invalid: what is there is no frame.
    Result<bool> next(std::uint32_t passed, FrameReader::Frame& frame);

    // Where the writer was when next() looked last.
    std::uint32_t seen() const { return seen_; }

    // After next() found nothing: to be woken by the writer from now on. False if more came in
    // meanwhile.
    bool sleep();

private:
    std::byte* control_;
    std::byte* data_;
    std::uint32_t head_ = 0;
    std::uint32_t seen_ = 0;
};

}  // namespace mayfly::workers
