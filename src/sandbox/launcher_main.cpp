// mayfly-launch: started by mayfly with its socket as descriptor 3. Not meant for hands.
#include "base/clock.hpp"
#include "sandbox/launcher.hpp"

#include <fcntl.h>

#include <cstdio>
#include <cstring>

int main(int argc, char** argv) {
    if (argc != 5 || ::fcntl(3, F_GETFD) < 0) {
        std::fprintf(
            stderr,
            "mayfly-launch makes sandboxes for mayfly and is started by it: run `mayfly serve`\n");
        return 2;
    }
    ::fcntl(3, F_SETFD, FD_CLOEXEC);
    mayfly::sandbox::LauncherOptions options{.runtimes_folder = argv[1],
                                             .key = argv[2],
                                             .relay_program = argv[3],
                                             .internet_allow = argv[4]};
    const mayfly::SystemClock clock;
    return mayfly::sandbox::Launcher(std::move(options), clock, mayfly::Fd(3)).run();
}
