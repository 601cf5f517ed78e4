#include "sandbox/tap.hpp"

#include "reach/frames.hpp"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

namespace mayfly::sandbox {

namespace {

constexpr auto kName = "internet";

ifreq request() {
    ifreq r{};
    std::strcpy(r.ifr_name, kName);
    return r;
}

sockaddr address(std::uint32_t ip) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(ip);
    sockaddr out;
    std::memcpy(&out, &in, sizeof out);
    return out;
}

// Without it the kernel sends a few frames of its own, which lead nowhere: no need, if it cannot
// be.
void keep_ipv6_off() {
    const Fd file(::open("/proc/sys/net/ipv6/conf/internet/disable_ipv6", O_WRONLY | O_CLOEXEC));
    if (file) (void)!::write(file.get(), "1", 1);
}

StepError set_up(int socket) {
    auto r = request();
    r.ifr_addr = address(reach::kSandbox);
    if (::ioctl(socket, SIOCSIFADDR, &r) != 0) return "its address";
    r.ifr_netmask = address(reach::kSandboxMask);
    if (::ioctl(socket, SIOCSIFNETMASK, &r) != 0) return "its network";
    r.ifr_mtu = static_cast<int>(reach::kPacketMost);
    if (::ioctl(socket, SIOCSIFMTU, &r) != 0) return "its packets' size";
    r.ifr_flags = IFF_UP | IFF_RUNNING;
    if (::ioctl(socket, SIOCSIFFLAGS, &r) != 0) return "bring it up";
    rtentry way{};
    way.rt_dst = way.rt_genmask = address(0);
    way.rt_gateway = address(reach::kGateway);
    way.rt_flags = RTF_UP | RTF_GATEWAY;
    return ::ioctl(socket, SIOCADDRT, &way) == 0 ? nullptr : "its route";
}

}  // namespace

StepError make_tap(Fd& tap) {
    tap = Fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (!tap) return "open /dev/net/tun";
    auto r = request();
    r.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (::ioctl(tap.get(), TUNSETIFF, &r) != 0) return "make the device";
    if (::ioctl(tap.get(), TUNSETPERSIST, 1) != 0) return "let it stay";
    keep_ipv6_off();
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return socket ? set_up(socket.get()) : "a socket to set it up by";
}

}  // namespace mayfly::sandbox
