// How many connections one sandbox may have at a time, so that none takes what others need. Pure.
//
// Each may have a share of what is free, so a crowd leaves less for each; and a few in any case.
#pragma once

#include <algorithm>
#include <cstddef>

namespace mayfly::relay {

// Of what all sandboxes together may have beyond those few, one may have a `part` of what is free.
struct Share {
    std::size_t most, part;
};
// 124 for one that is alone. Each may hold 256 KiB that one side does not take.
inline constexpr Share kStreams{.most = 4096, .part = 32};
// 910: libslirp keeps one for 10 s after it asked the name server, and others for 4 minutes.
inline constexpr Share kDatagrams{.most = 8192, .part = 8};
inline constexpr std::size_t kAlways = 4;

// Whether a sandbox that has `open` of a kind may begin one more.
constexpr bool may_begin(const Share& share, std::size_t open, std::size_t open_in_all) {
    const auto free = share.most - std::min(open_in_all, share.most);
    return open < std::max(kAlways, free / share.part);
}

}  // namespace mayfly::relay
