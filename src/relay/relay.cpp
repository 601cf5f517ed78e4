#include "relay/relay.hpp"

#include "sandbox/messages.hpp"
#include "sandbox/relay_link.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

namespace mayfly::relay {

namespace {

constexpr unsigned kTurnsSecondsMost = 10;  // then something hangs: SIGALRM ends the process
constexpr int kEventsAtOnce = 256;

void watch(int epoll, int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

Relay::Relay(Fd orders, OwnAddresses addresses, reach::Rules rules, const Clock& clock)
    : orders_(std::move(orders)),
      addresses_(std::move(addresses)),
      common_{
          .clock = clock, .rules = std::move(rules), .epoll = Fd(::epoll_create1(EPOLL_CLOEXEC))} {
    ::fcntl(orders_.get(), F_SETFL, O_NONBLOCK);
    watch(common_.epoll.get(), orders_.get());
    watch(common_.epoll.get(), addresses_.fd());
}

int Relay::run() {
    for (;;) {
        epoll_event events[kEventsAtOnce];
        ::alarm(0);
        const int n = ::epoll_wait(common_.epoll.get(), events, kEventsAtOnce, wait_ms());
        ::alarm(kTurnsSecondsMost);
        // First all is noted, then turns are given: a turn may close one descriptor and open
        // another of the same number.
        std::set<Stack*> stacks;
        bool has_orders = false, has_news = false;
        for (int i = 0; i < n; ++i) {
            const int fd = events[i].data.fd;
            has_orders |= fd == orders_.get();
            has_news |= fd == addresses_.fd();
            const auto watched = common_.watched.find(fd);
            if (watched == common_.watched.end()) continue;
            watched->second->note(fd, events[i].events);
            stacks.insert(watched->second);
        }
        const auto now = common_.clock.now();
        for (const auto& [when, stack] : due_) {
            if (when > now) break;
            stacks.insert(stack);
        }
        if (has_news && !take_news()) return 1;
        give_turns(stacks);
        if (has_orders && !take_orders()) return 0;
    }
}

int Relay::wait_ms() const {
    if (due_.empty()) return -1;
    const auto left = std::chrono::ceil<Millis>(due_.begin()->first - common_.clock.now()).count();
    return static_cast<int>(std::clamp<Millis::rep>(left, 0, INT_MAX));
}

// The rules are those of the machine as it is now, before the next packet is judged.
bool Relay::take_news() {
    auto own = addresses_.read();
    if (!own) return false;
    common_.rules.own = *std::move(own);
    return true;
}

void Relay::give_turns(const std::set<Stack*>& stacks) {
    for (auto* stack : stacks) {
        due_.erase({stack->due(), stack});
        stack->turn();
        if (stack->due() != Time::max()) due_.emplace(stack->due(), stack);
    }
}

bool Relay::take_orders() {
    for (;;) {
        sandbox::RelayOrder order;
        auto packet = sandbox::receive_message(orders_.get(), order);
        if (!packet) return true;
        if (packet->size != sizeof order) return false;
        if (order.type == sandbox::RelayOrder::Type::carry && !packet->fds.empty()) {
            by_worker_[order.worker] =
                std::make_unique<Stack>(std::move(packet->fds.front()), common_);
        } else if (const auto node = by_worker_.extract(order.worker); node) {
            due_.erase({node.mapped()->due(), node.mapped().get()});
        }
    }
}

}  // namespace mayfly::relay
