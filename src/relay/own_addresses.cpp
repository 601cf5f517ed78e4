#include "relay/own_addresses.hpp"

#include "base/files.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <span>

namespace mayfly::relay {

namespace {

Fd netlink(std::uint32_t groups) {
    Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    sockaddr_nl self{};
    self.nl_family = AF_NETLINK;
    self.nl_groups = groups;
    const bool bound =
        socket && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&self), sizeof self) == 0;
    return bound ? std::move(socket) : Fd{};
}

bool ask(int socket) {
    struct {
        nlmsghdr head{};
        rtmsg route{};
    } question;
    question.head.nlmsg_len = sizeof question;
    question.head.nlmsg_type = RTM_GETROUTE;
    question.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    question.route.rtm_family = AF_INET;
    question.route.rtm_table = RT_TABLE_LOCAL;
    return ::send(socket, &question, sizeof question, 0) == sizeof question;
}

// Appends the network of one route, if the machine takes its packets for its own.
void take(const nlmsghdr* head, std::vector<reach::Network>& into) {
    const auto* route = static_cast<const rtmsg*>(NLMSG_DATA(head));
    if (route->rtm_family != AF_INET || route->rtm_table != RT_TABLE_LOCAL) return;
    reach::Network network{.first = {}, .bits = 96 + route->rtm_dst_len};
    network.first[10] = network.first[11] = 0xff;
    auto left = RTM_PAYLOAD(head);
    for (auto* at = RTM_RTA(route); RTA_OK(at, left); at = RTA_NEXT(at, left))
        if (at->rta_type == RTA_DST && RTA_PAYLOAD(at) == 4)
            std::memcpy(&network.first[12], RTA_DATA(at), 4);
    into.push_back(network);
}

}  // namespace

Result<OwnAddresses> OwnAddresses::open() {
    OwnAddresses self;
    self.questions_ = netlink(0);
    self.news_ = netlink(RTMGRP_IPV4_ROUTE | RTMGRP_IPV4_IFADDR);
    const int strictly = 1;
    if (!self.questions_ || !self.news_) return Failure(errno_error("rtnetlink"));
    ::setsockopt(self.questions_.get(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &strictly,
                 sizeof strictly);  // an older kernel tells of all tables
    return self;
}

Result<std::vector<reach::Network>> OwnAddresses::read() {
    alignas(nlmsghdr) char bytes[32 << 10];
    // News that were lost (ENOBUFS) are news as well.
    while (::recv(news_.get(), bytes, sizeof bytes, MSG_DONTWAIT) > 0 || errno == ENOBUFS) {
    }
    std::vector<reach::Network> all;
    if (!ask(questions_.get())) return Failure(errno_error("ask for the own addresses"));
    for (;;) {
        auto left = ::recv(questions_.get(), bytes, sizeof bytes, 0);
        if (left <= 0) return Failure(errno_error("read the own addresses"));
        for (auto* head = reinterpret_cast<nlmsghdr*>(bytes); NLMSG_OK(head, left);
             head = NLMSG_NEXT(head, left)) {
            if (head->nlmsg_type == NLMSG_DONE) return all;
            if (head->nlmsg_type == NLMSG_ERROR)
                return fail(Kind::internal, "the kernel does not tell the own addresses");
            if (head->nlmsg_type == RTM_NEWROUTE) take(head, all);
        }
    }
}

}  // namespace mayfly::relay
