#include "sandbox/threaded_zygote.hpp"

#include "sandbox/descriptors.hpp"
#include "sandbox/threads.hpp"

#include <unistd.h>

namespace mayfly::sandbox {

Spec serve_orders_with_threads(Host host, const std::function<void()>& in_child) {
    host.keeps_signals = true;
    const auto held = held_above(kWorkerOutFd);
    Threads threads;
    return serve_orders(host, {.before = [&] { threads.park(); },
                               .after_in_parent = [&] { threads.release(); },
                               .after_in_child =
                                   [&] {
                                       if (renew(held) != nullptr) ::_exit(9);
                                       if (in_child) in_child();
                                       if (threads.revive() != nullptr) ::_exit(10);
                                   }});
}

}  // namespace mayfly::sandbox
