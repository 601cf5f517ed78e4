#include "workers/wire.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace mayfly::workers {

static_assert(std::endian::native == std::endian::little, "frames are little-endian");

std::string_view to_text(Hook hook) { return hook == Hook::pre_freeze ? "PreFreeze" : "PreStop"; }

std::array<char, kFrameHeaderBytes> encode(const FrameHeader& header) {
    std::array<char, kFrameHeaderBytes> out{};
    std::memcpy(out.data(), &header.length, 4);
    out[4] = static_cast<char>(header.type);
    out[5] = static_cast<char>(header.flags);
    std::memcpy(out.data() + 8, &header.call, 8);
    return out;
}

Result<FrameHeader> decode(std::string_view bytes) {
    FrameHeader header;
    std::memcpy(&header.length, bytes.data(), 4);
    std::memcpy(&header.call, bytes.data() + 8, 8);
    const auto type = static_cast<std::uint8_t>(bytes[4]);
    header.flags = static_cast<std::uint8_t>(bytes[5]);
    if (type < 1 || type > 8) return fail(Kind::invalid, "a frame of unknown type");
    if (bytes[6] || bytes[7]) return fail(Kind::invalid, "a frame with reserved bytes set");
    if (header.length > kFrameBytesMax) return fail(Kind::invalid, "a frame over 64 MiB");
    header.type = static_cast<FrameType>(type);
    if (header.type == FrameType::part && header.length > kPartBytesMax)
        return fail(Kind::invalid, "a part that is longer than parts may be");
    return header;
}

Result<std::uint32_t> granted(std::string_view payload) {
    std::uint32_t bytes = 0;
    if (payload.size() != sizeof bytes) return fail(Kind::invalid, "a credit without its number");
    std::memcpy(&bytes, payload.data(), sizeof bytes);
    return bytes;
}

Time stage_time(std::string_view payload, Time now) {
    std::int64_t micros = 0;
    if (payload.size() != sizeof micros) return now;
    std::memcpy(&micros, payload.data(), sizeof micros);
    return micros < 0 ? now : std::min(now, Time{Micros{micros}});
}

void FrameReader::feed(std::string_view bytes) {
    if (used_ == buffer_.size()) {
        buffer_.clear();
        used_ = 0;
        if (buffer_.capacity() > (1u << 20))
            buffer_.shrink_to_fit();  // one big answer is no reason to keep
    }
    buffer_.append(bytes);
}

Result<bool> FrameReader::next(Frame& frame) {
    const auto have = std::string_view(buffer_).substr(used_);
    if (have.size() < kFrameHeaderBytes) return false;
    TRY(frame.header, decode(have.substr(0, kFrameHeaderBytes)));
    if (have.size() < kFrameHeaderBytes + frame.header.length) {
        buffer_.reserve(used_ + kFrameHeaderBytes + frame.header.length);
        return false;
    }
    frame.payload = have.substr(kFrameHeaderBytes, frame.header.length);
    used_ += kFrameHeaderBytes + frame.header.length;
    return true;
}

}  // namespace mayfly::workers
