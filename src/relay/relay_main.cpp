// mayfly-net: started by mayfly-launch with its socket as descriptor 3. Not meant for hands.
#include "base/clock.hpp"
#include "relay/confine.hpp"
#include "relay/relay.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace {

using namespace mayfly;

int fail_with(const char* what, std::string_view why) {
    std::fprintf(stderr, "mayfly-net: %s: %.*s\n", what, static_cast<int>(why.size()), why.data());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3 || ::fcntl(3, F_GETFD) < 0) {
        std::fprintf(stderr,
                     "mayfly-net carries what functions say to the internet and is started by "
                     "mayfly-launch: run `mayfly serve`\n");
        return 2;
    }
    ::fcntl(3, F_SETFD, FD_CLOEXEC);
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGINT, SIG_IGN);  // ^C ends the daemon, and its end reaches us
    auto guard = reach::Guard::allowing(argv[2]);
    if (!guard) return fail_with("networks", guard.error().what);
    auto addresses = relay::OwnAddresses::open();
    if (!addresses) return fail_with("own addresses", addresses.error().what);
    auto own = addresses->read();
    if (!own) return fail_with("own addresses", own.error().what);
    const SystemClock clock;
    relay::Relay relay(Fd(3), *std::move(addresses), {*std::move(guard), *std::move(own)}, clock);
    if (const auto step = relay::confine(std::string_view(argv[1]) == "rootless"))
        return fail_with(step, std::strerror(errno));
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);  // the change of ids cleared it
    return relay.run();
}
