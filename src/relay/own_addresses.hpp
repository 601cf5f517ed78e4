// The addresses of this machine, and news of them. rtnetlink(7), ip-route(8) "table local".
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"
#include "reach/guard.hpp"

#include <vector>

namespace mayfly::relay {

// One thread.
class OwnAddresses {
public:
    // unavailable: the kernel does not tell.
    static Result<OwnAddresses> open();

    // Readable when they may have changed.
    int fd() const { return news_.get(); }

    // What the kernel takes for itself at present: each IPv4 address and network of the table
    // `local`, broadcast addresses among them. Takes the news with it. internal: it could not be
    // read.
    Result<std::vector<reach::Network>> read();

private:
    Fd questions_, news_;
};

}  // namespace mayfly::relay
