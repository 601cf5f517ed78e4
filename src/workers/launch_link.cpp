#include "workers/launch_link.hpp"

#include "base/files.hpp"
#include "sandbox/message_line.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

extern char** environ;

namespace mayfly::workers {

namespace asio = boost::asio;

struct LaunchLink::Socket {
    explicit Socket(asio::posix::stream_descriptor ours)
        : stream(std::move(ours)), orders(stream.native_handle()) {
        stream.non_blocking(true);
    }

    asio::posix::stream_descriptor stream;
    sandbox::MessageLine<sandbox::Order> orders;
    bool wants_room = false;
};

LaunchLink::LaunchLink(asio::io_context& loop, const Log& log, LaunchOptions options)
    : loop_(loop), log_(log), options_(std::move(options)) {}

LaunchLink::~LaunchLink() {
    if (!socket_) return;
    socket_.reset();  // the launcher ends everything when it reads end of file
    ::waitpid(pid_, nullptr, 0);
}

Result<void> LaunchLink::open(OnReport on_report, std::function<void()> on_lost) {
    on_report_ = std::move(on_report);
    on_lost_ = std::move(on_lost);
    TRYV(spawn());
    TRYV(wait_for_hello());
    listen();
    return {};
}

Result<void> LaunchLink::spawn() {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return Failure(errno_error("socketpair"));
    Fd ours(pair[0]);
    const Fd theirs(pair[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (theirs.get() == 3) ::fcntl(3, F_SETFD, 0);
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), 3);
    const auto program = options_.program.string();
    const auto runtimes = options_.runtimes.string();
    const auto relay = options_.relay.string();
    const char* arguments[] = {program.c_str(),
                               runtimes.c_str(),
                               options_.key.c_str(),
                               relay.c_str(),
                               options_.internet_allow.c_str(),
                               nullptr};
    const int failed = ::posix_spawn(&pid_, program.c_str(), &actions, nullptr,
                                     const_cast<char* const*>(arguments), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed)
        return fail(Kind::unavailable,
                    fmt::format("{} could not be started: {}; it belongs beside the mayfly program",
                                program, std::strerror(failed)));
    socket_ = std::make_unique<Socket>(asio::posix::stream_descriptor(loop_, ours.release()));
    return {};
}

Result<void> LaunchLink::wait_for_hello() {
    pollfd waiting{.fd = socket_->stream.native_handle(), .events = POLLIN, .revents = 0};
    sandbox::Report hello;
    if (::poll(&waiting, 1, 20'000) == 1) {
        const auto packet = sandbox::receive_message(waiting.fd, hello);
        if (packet && packet->size == sizeof hello) {
            missing_ = hello.text;
            return {};
        }
    }
    socket_.reset();
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    return fail(
        Kind::unavailable,
        "mayfly-launch did not come up; its reason is on the lines above, `mayfly serve` as root "
        "needs no more than that");
}

void LaunchLink::listen() {
    socket_->stream.async_wait(asio::posix::stream_descriptor::wait_read,
                               [this](const boost::system::error_code& error) {
                                   if (!error) receive();
                               });
}

void LaunchLink::receive() {
    for (;;) {
        sandbox::Report report;
        auto packet = sandbox::receive_message(socket_->stream.native_handle(), report);
        if (!packet) return listen();
        if (packet->size != sizeof report) break;
        on_report_(report, std::move(packet->fds));
    }
    socket_.reset();
    ::waitpid(pid_, nullptr, 0);
    log_.error("mayfly-launch has ended; every sandbox is gone, starting it again");
    on_lost_();
    if (const auto again = open(std::move(on_report_), std::move(on_lost_)); !again)
        log_.error("{}", again.error().what);
}

void LaunchLink::watch_for_room() {
    if (!socket_->orders.waits() || std::exchange(socket_->wants_room, true)) return;
    socket_->stream.async_wait(asio::posix::stream_descriptor::wait_write,
                               [this](const boost::system::error_code& error) {
                                   if (error) return;  // it is gone, or another took its place
                                   socket_->wants_room = false;
                                   socket_->orders.flush();
                                   watch_for_room();
                               });
}

Result<void> LaunchLink::send(sandbox::Order order, const CodeFolders& folders,
                              std::vector<Fd> beside) {
    if (!socket_) return fail(Kind::unavailable, "mayfly-launch is not running");
    const auto& code = folders.code.native();
    const auto& layers = folders.layers.native();
    if (std::max(code.size(), layers.size()) >= sizeof order.code_folder)
        return fail(Kind::invalid, "the data folder's path is too long");
    sandbox::set_text(order.code_folder, code);
    sandbox::set_text(order.layers_folder, layers);
    socket_->orders.send(order, std::move(beside));
    watch_for_room();
    return {};
}

Result<void> LaunchLink::start(const sandbox::Spec& spec, const CodeFolders& folders,
                               std::vector<Fd> ends) {
    return send({.type = sandbox::Order::Type::start, .spec = spec}, folders, std::move(ends));
}

Result<void> LaunchLink::adopt(const sandbox::Spec& spec, const CodeFolders& folders) {
    return send({.type = sandbox::Order::Type::adopt, .spec = spec}, folders);
}

// Where the launcher is gone, so is all that it made.
void LaunchLink::page_out(std::uint64_t worker) {
    (void)send({.type = sandbox::Order::Type::page_out, .spec = {.worker = worker}}, {});
}

void LaunchLink::stand(std::uint64_t worker, Standing standing) {
    (void)send(
        {.type = sandbox::Order::Type::stand, .standing = standing, .spec = {.worker = worker}},
        {});
}

void LaunchLink::kill(std::uint64_t worker) {
    (void)send({.type = sandbox::Order::Type::kill, .spec = {.worker = worker}}, {});
}

}  // namespace mayfly::workers
