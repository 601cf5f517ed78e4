#include "relay/stack.hpp"

#include "relay/share.hpp"

#include <slirp/libslirp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mayfly::relay {

namespace {

constexpr int kFramesATurn = 64;

in_addr address(std::uint32_t ip) { return {.s_addr = htonl(ip)}; }

std::uint32_t to_epoll(int events) {
    std::uint32_t out = 0;
    if (events & SLIRP_POLL_IN) out |= EPOLLIN;
    if (events & SLIRP_POLL_OUT) out |= EPOLLOUT;
    if (events & SLIRP_POLL_PRI) out |= EPOLLPRI;
    return out;  // errors and hang-ups are always told
}

int from_epoll(std::uint32_t events) {
    int out = 0;
    if (events & EPOLLIN) out |= SLIRP_POLL_IN;
    if (events & EPOLLOUT) out |= SLIRP_POLL_OUT;
    if (events & EPOLLPRI) out |= SLIRP_POLL_PRI;
    if (events & EPOLLERR) out |= SLIRP_POLL_ERR;
    if (events & EPOLLHUP) out |= SLIRP_POLL_HUP;
    return out;
}

SlirpConfig config() {
    SlirpConfig c{};
    c.version = 4;
    c.in_enabled = true;
    c.vnetwork = address(reach::kSandboxNetwork);
    c.vnetmask = address(reach::kSandboxMask);
    c.vhost = address(reach::kGateway);
    c.vdhcp_start = address(reach::kSandbox);
    c.vnameserver = address(reach::kNameServer);
    c.if_mtu = c.if_mru = reach::kPacketMost;
    c.disable_host_loopback = true;
    c.disable_dhcp = true;
    return c;
}

}  // namespace

struct Stack::Calls {
    static Stack& self(void* opaque) { return *static_cast<Stack*>(opaque); }

    static ssize_t send_packet(const void* bytes, std::size_t size, void* opaque) {
        self(opaque).give({static_cast<const std::uint8_t*>(bytes), size});
        return static_cast<ssize_t>(size);
    }
    static void guest_error(const char*, void*) {}  // its own affair
    static std::int64_t nanoseconds(void* opaque) {
        return self(opaque).common_.clock.now().time_since_epoch().count() * 1000;
    }
    // Timers are for IPv6 only, which is off.
    static void* timer_new(SlirpTimerCb, void*, void* opaque) { return opaque; }
    static void timer_free(void*, void*) {}
    static void timer_mod(void*, std::int64_t, void*) {}
    static void opened(int fd, void* opaque) { self(opaque).count(fd, 1); }
    static void closes(int fd, void* opaque) {
        self(opaque).watch(fd, 0);
        self(opaque).count(fd, -1);
    }
    static void notify(void*) {}  // each turn asks anyway

    static int want(int fd, int events, void* opaque) {
        auto& wanted = self(opaque).wanted_;
        wanted.emplace_back(fd, to_epoll(events));
        return static_cast<int>(wanted.size()) - 1;
    }
    static int what_of(int index, void* opaque) {
        const auto& stack = self(opaque);
        const auto noted =
            stack.noted_.find(stack.wanted_.at(static_cast<std::size_t>(index)).first);
        return noted == stack.noted_.end() ? 0 : from_epoll(noted->second);
    }

    static constexpr SlirpCb all{.send_packet = &send_packet,
                                 .guest_error = &guest_error,
                                 .clock_get_ns = &nanoseconds,
                                 .timer_new = &timer_new,
                                 .timer_free = &timer_free,
                                 .timer_mod = &timer_mod,
                                 .register_poll_fd = &opened,
                                 .unregister_poll_fd = &closes,
                                 .notify = &notify,
                                 .init_completed = nullptr,
                                 .timer_new_opaque = nullptr};
};

void Stack::Freed::operator()(Slirp* slirp) const { slirp_cleanup(slirp); }

Stack::Stack(Fd device, Common& common) : common_(common), device_(std::move(device)) {
    const auto c = config();
    slirp_.reset(slirp_new(&c, &Calls::all, this));
    common_.watched[device_.get()] = this;
    epoll_event event{.events = EPOLLIN, .data = {.fd = device_.get()}};
    ::epoll_ctl(common_.epoll.get(), EPOLL_CTL_ADD, device_.get(), &event);
}

Stack::~Stack() {
    slirp_.reset();
    common_.watched.erase(device_.get());
    while (!watched_.empty()) watch(watched_.begin()->first, 0);
}

void Stack::note(int fd, std::uint32_t events) {
    if (fd != device_.get()) noted_[fd] |= events;
}

void Stack::turn() {
    slirp_pollfds_poll(slirp_.get(), 0, &Calls::what_of, this);
    noted_.clear();
    take_frames();
    watch_again();
}

bool Stack::may_begin(reach::Begins what) const {
    const auto& all = common_.connections;
    if (what == reach::Begins::stream)
        return relay::may_begin(kStreams, connections_.streams, all.streams);
    return what == reach::Begins::nothing ||
           relay::may_begin(kDatagrams, connections_.datagrams, all.datagrams);
}

// A connection of the library's, when it was opened and before it closes.
void Stack::count(int fd, std::ptrdiff_t change) {
    int type = 0;
    socklen_t size = sizeof type;
    if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return;
    const auto kind = type == SOCK_STREAM ? &Connections::streams : &Connections::datagrams;
    for (auto* counts : {&connections_, &common_.connections})
        counts->*kind += static_cast<std::size_t>(change);
}

void Stack::take_frames() {
    for (int i = 0; i < kFramesATurn; ++i) {
        const auto size = ::read(device_.get(), common_.frame.data(), common_.frame.size());
        if (size <= 0) return;
        take(std::span(common_.frame).first(static_cast<std::size_t>(size)));
    }
}

void Stack::take(std::span<const std::uint8_t> frame) {
    auto [verdict, begins] = reach::judge(frame, common_.rules);
    if (verdict == reach::Verdict::pass && !may_begin(begins)) verdict = reach::Verdict::refuse;
    if (verdict == reach::Verdict::pass) {
        slirp_input(slirp_.get(), frame.data(), static_cast<int>(frame.size()));
    } else if (verdict == reach::Verdict::refuse) {
        const auto answer = reach::refusal(frame);
        give(std::span(answer.bytes).first(answer.size));
    }
}

// A full queue loses it, as a wire would.
void Stack::give(std::span<const std::uint8_t> frame) const {
    (void)!::write(device_.get(), frame.data(), frame.size());
}

void Stack::watch_again() {
    wanted_.clear();
    std::uint32_t wait_ms = UINT32_MAX;
    slirp_pollfds_fill(slirp_.get(), &wait_ms, &Calls::want, this);
    due_ = wait_ms == UINT32_MAX ? Time::max() : common_.clock.now() + Millis{wait_ms};
    std::vector<int> unwanted;
    for (const auto& [fd, events] : watched_)
        if (std::ranges::find(wanted_, fd, [](const auto& w) { return w.first; }) == wanted_.end())
            unwanted.push_back(fd);
    for (const int fd : unwanted) watch(fd, 0);
    for (const auto& [fd, events] : wanted_) watch(fd, events);
}

// 0: no more.
void Stack::watch(int fd, std::uint32_t events) {
    const auto known = watched_.find(fd);
    if (known != watched_.end() && known->second == events) return;
    if (events == 0) {
        if (known == watched_.end()) return;
        ::epoll_ctl(common_.epoll.get(), EPOLL_CTL_DEL, fd, nullptr);
        watched_.erase(known);
        common_.watched.erase(fd);
        return;
    }
    epoll_event event{.events = events, .data = {.fd = fd}};
    const int first = known == watched_.end() ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    ::epoll_ctl(common_.epoll.get(), first, fd, &event);
    watched_[fd] = events;
    common_.watched[fd] = this;
}

}  // namespace mayfly::relay
