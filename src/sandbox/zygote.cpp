#include "sandbox/zygote.hpp"

#include "sandbox/commands.hpp"
#include "sandbox/landlock.hpp"
#include "sandbox/messages.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace mayfly::sandbox {

namespace {

void call(const std::function<void()>& hook) {
    if (hook) hook();
}

// In a child that cannot become a sandbox: the reason goes to the worker's log, for the daemon to
// read.
[[noreturn]] void give_up(const char* step, int log) {
    const int reason = errno;
    char line[256];
    const int n =
        std::snprintf(line, sizeof line, "mayfly: the sandbox could not be made: %s: %s\n", step,
                      std::strerror(reason));
    (void)!::write(log, line, static_cast<std::size_t>(n));
    ::_exit(126);
}

Ends ends_of(const ZygoteOrder& order, const std::vector<Fd>& fds, std::vector<int>& cgroups) {
    Ends ends{.in = fds[kEndIn].get(), .out = fds[kEndOut].get(), .log = fds[kEndLog].get()};
    (order.spec.parked ? ends.gate : ends.code) = fds[kFdCode].get();
    std::size_t next = kFdFirstOptional;
    if (order.spec.shares) ends.ring = fds[next++].get();
    if (order.has_layers) ends.layers = fds[next++].get();
    if (order.has_netns) ends.netns = fds[next++].get();
    for (int i = 0; i < order.cgroups; ++i) cgroups.push_back(fds[next++].get());
    ends.cgroups = cgroups;
    return ends;
}

sigset_t ignored_signals() {
    sigset_t ignored;
    ::sigemptyset(&ignored);
    for (int number = 1; number < NSIG; ++number) {
        struct sigaction action{};
        if (::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
            ::sigaddset(&ignored, number);
    }
    return ignored;
}

bool complete(const ZygoteOrder& order, const Packet& packet) {
    return packet.size == sizeof order &&
           packet.fds.size() == kFdFirstOptional + std::size_t{order.spec.shares} +
                                    std::size_t{order.has_layers} + std::size_t{order.has_netns} +
                                    order.cgroups;
}

// Says, as a parked worker's shim would, that it is parked: a frame of runtimes/PROTOCOL.md.
bool say_parked() {
    constexpr std::uint8_t kStage = 4, kParked = 4;
    constexpr std::uint8_t frame[16] = {0, 0, 0, 0, kStage, kParked};
    return ::write(kWorkerOutFd, frame, sizeof frame) == sizeof frame;
}

// Of a sandbox without a program: what it is to be. Its code is at /code by then.
Spec wait_for_spec() {
    Spec spec;
    if (!say_parked() || ::read(kWorkerGateFd, &spec, sizeof spec) != sizeof spec) ::_exit(0);
    ::close(kWorkerGateFd);
    if (::chdir("/code") != 0) give_up("chdir /code", 1);
    return spec;
}

// Makes one child. True in the child.
bool serve_one(const Host& host, const ForkHooks& hooks, const ZygoteOrder& order,
               const Packet& packet) {
    std::vector<int> cgroups;
    const Ends ends = ends_of(order, packet.fds, cgroups);
    call(hooks.before);
    const Child child = clone_into_namespaces(host, order.spec, ends);
    if (child.pid == 0) {
        ::dup2(ends.log, 1);  // whatever fails is the worker's affair, not the server's
        if (const auto step = enter(host, order.spec, ends, child)) give_up(step, 1);
        call(hooks.after_in_child);
        return true;
    }
    const ZygoteReply reply{.worker = order.spec.worker,
                            .pid = child.pid > 0 ? child.pid : 0,
                            .error_code = child.pid > 0 ? 0 : errno};
    const int pidfd = child.pidfd.get();
    send_message(kZygoteControlFd, reply, std::span(&pidfd, child.pid > 0 ? 1 : 0));
    call(hooks.after_in_parent);
    return false;
}

}  // namespace

Result<Host> inherit_host(bool rootless) {
    struct stat filter{};
    if (::fstat(kZygoteFilterFd, &filter) != 0)
        return fail(Kind::internal, "no filter was handed over");
    Host host{.landlock_abi = landlock_abi(), .rootless = rootless, .ignored = ignored_signals()};
    const auto size = static_cast<std::size_t>(filter.st_size);
    host.filter.resize(size / sizeof(sock_filter));
    if (::pread(kZygoteFilterFd, host.filter.data(), size, 0) != static_cast<ssize_t>(size))
        return fail(Kind::internal, "the filter could not be read");
    return host;
}

Spec serve_orders(const Host& host, const ForkHooks& hooks) {
    send_message(kZygoteControlFd, ZygoteReply{});
    for (;;) {
        ZygoteOrder order;
        const auto packet = receive_message(kZygoteControlFd, order);
        if (!packet || packet->size == 0) ::_exit(0);
        if (!complete(order, *packet)) ::_exit(2);
        if (serve_one(host, hooks, order, *packet)) return order.spec;
    }
}

void run_template(bool rootless) {
    const auto host = inherit_host(rootless);
    if (!host) ::_exit(3);
    Spec spec = serve_orders(*host, {});
    if (spec.parked) spec = wait_for_spec();
    const auto command = shim_command(spec);
    execute(command);
    std::fprintf(stderr, "mayfly: %s could not be started: %s\n", command.words.front().c_str(),
                 std::strerror(errno));
    ::_exit(127);
}

}  // namespace mayfly::sandbox
