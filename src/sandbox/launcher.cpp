#include "sandbox/launcher.hpp"

#include "sandbox/become_zygote.hpp"
#include "sandbox/commands.hpp"
#include "sandbox/landlock.hpp"
#include "sandbox/seccomp.hpp"
#include "sandbox/users.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <span>
#include <utility>

namespace mayfly::sandbox {

namespace {

constexpr std::size_t kUnderWayMax = 32;  // orders given to one zygote and not yet answered
constexpr int kZygotesLostMax = 5;        // then its language stays with exec
constexpr Seconds kSilenceMax{10};        // of a zygote that owes an answer
constexpr int kLullMs = 10;               // without an event: nobody needs the core just now

std::string join(const std::vector<std::string>& parts) {
    std::string out;
    for (const auto& part : parts) out += (out.empty() ? "" : "; ") + part;
    return out;
}

}  // namespace

Launcher::Launcher(LauncherOptions options, const Clock& clock, Fd daemon)
    : options_(std::move(options)),
      clock_(clock),
      daemon_(std::move(daemon)),
      reports_(daemon_.get()),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      networks_(options_.stock) {}

Launcher::~Launcher() = default;

int Launcher::run() {
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGINT, SIG_IGN);  // ^C ends the daemon, and the daemon ends us
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    if (!become_able()) return 1;
    ::fcntl(daemon_.get(), F_SETFL, O_NONBLOCK);
    watch(daemon_.get());
    spawn_zygote(Tier::exec, Language::python);
    for (const auto language : languages_here())
        if (has_zygote(language)) spawn_zygote(Tier::zygote, language);
    say_hello();
    while (!leaving_) {
        epoll_event events[64];
        const int n = ::epoll_wait(epoll_.get(), events, 64, patience());
        for (int i = 0; i < n && !leaving_; ++i) handle(events[i].data.fd);
        if (owed()) end_silent_zygotes();
        if (n == 0 && !stocked()) restock();
    }
    end_everything();
    return 0;
}

bool Launcher::owed() const {
    return std::ranges::any_of(zygotes_, [&](auto& z) { return expects(z); });
}

bool Launcher::stocked() const { return networks_.full() && cgroups_->full(); }

// How long to wait for an event, for epoll_wait(2). What is used up is made again when nobody has
// asked for a while: beside the start of a sandbox it would take the core that this needs. But if
// they ask all the time, then at the next moment between two of them.
int Launcher::patience() const {
    if (networks_.low()) return 0;
    if (!stocked()) return kLullMs;
    return owed() ? 1000 : -1;
}

void Launcher::restock() {
    if (!networks_.full() && networks_.make_one() != nullptr)
        networks_ = NetworkPool(0);  // each makes its own
    if (!cgroups_->full()) cgroups_->restock();
}

// Finds out what the host allows. Without root it goes into a user namespace of its own, where it
// may make sandboxes but sees no control groups and maps only itself.
bool Launcher::become_able() {
    std::vector<std::string> missing;
    const uid_t self = ::geteuid();
    rootless_ = self != 0;
    if (rootless_) {
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) !=
            0) {  // mounts can only be made in a namespace of its own
            std::fprintf(stderr,
                         "mayfly-launch: not root, and user namespaces are not allowed (in a "
                         "chroot they never are): %s\n",
                         std::strerror(errno));
            return false;
        }
        if (const auto step = map_ids(::getpid(), self, true)) {
            std::fprintf(stderr, "mayfly-launch: own id map: %s: %s\n", step, std::strerror(errno));
            return false;
        }
        missing.emplace_back("not root: all functions share the server's own uid");
    }
    filter_ = filter_file();
    if (!filter_) {
        std::fprintf(stderr, "mayfly-launch: the system call filter could not be compiled\n");
        return false;
    }
    networks_ = NetworkPool(options_.stock);
    home_ = std::make_unique<Home>();
    relay_ = std::make_unique<RelayLink>(RelayOptions{.program = options_.relay_program,
                                                      .allowed = options_.internet_allow,
                                                      .rootless = rootless_},
                                         epoll_.get());
    cgroups_ = std::make_unique<Cgroups>(options_.cgroup_root, options_.key, options_.stock);
    cgroups_->favour(::getppid());
    if (!cgroups_->abilities().memory) missing.emplace_back("no memory limit (no memory cgroup)");
    if (!cgroups_->abilities().pids)
        missing.emplace_back("process limit by rlimit only (no pids cgroup)");
    if (!cgroups_->abilities().cpu) missing.emplace_back("no CPU shares (no cpu cgroup)");
    if (!cgroups_->abilities().freeze)
        missing.emplace_back("idle workers are not frozen (no cgroup v2)");
    if (landlock_abi() == 0) missing.emplace_back("no landlock");
    missing_ = join(missing);
    return true;
}

void Launcher::say_hello() {
    Report hello;
    set_text(hello.text, missing_);
    tell(hello);
    Report internet{.type = Report::Type::internet};
    set_text(internet.text, relay_->missing());
    tell(internet);
}

void Launcher::watch(int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

// What is watched is forgotten before it is closed. Closing is not enough: as long as another
// process holds it too (a pidfd: the zygote that made it, until it runs again), epoll goes on
// reporting it under a number that by then is another worker's.
void Launcher::forget(int fd) { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

void Launcher::spawn_zygote(Tier tier, Language language) {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return;
    Fd ours(pair[0]);
    const Fd theirs(pair[1]);
    const pid_t pid = ::fork();
    if (pid == 0)
        become_zygote({.control = theirs.get(),
                       .filter = filter_.get(),
                       .runtimes_folder = options_.runtimes_folder.c_str(),
                       .tier = tier,
                       .language = language,
                       .rootless = rootless_});
    if (pid < 0) return;
    auto& zygote = zygotes_.emplace_back();
    zygote.control = std::move(ours);
    zygote.pidfd = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    zygote.tier = tier;
    zygote.language = language;
    zygote.heard = clock_.now();
    watch(zygote.control.get());
}

void Launcher::handle(int fd) {
    if (fd == daemon_.get()) return on_daemon();
    if (fd == relay_->socket()) return on_relay();
    if (const auto it = worker_by_pidfd_.find(fd); it != worker_by_pidfd_.end())
        return on_worker_end(it->second);
    for (auto it = zygotes_.begin(); it != zygotes_.end(); ++it)
        if (it->control.get() == fd) return on_reply(*it);
}

void Launcher::on_daemon() {
    reports_.flush();
    watch_for_room();
    for (;;) {
        Order order;
        auto packet = receive_message(daemon_.get(), order);
        if (!packet) return;
        if (packet->size != sizeof order) {
            leaving_ = true;
            return;
        }
        on_order(order, std::move(*packet));
    }
}

void Launcher::on_order(const Order& order, Packet packet) {
    if (order.type == Order::Type::kill) return kill(order.spec.worker);
    if (order.type == Order::Type::adopt) return adopt(order);
    if (order.type == Order::Type::page_out) return page_out(order.spec.worker);
    if (order.type == Order::Type::stand) return stand(order.spec.worker, order.standing);
    if (packet.fds.size() != kEnds + std::size_t{order.spec.shares})
        return report_failed(order.spec.worker, "the order came without its ends");
    auto& zygote = zygote_for(order.spec);
    zygote.waiting.push_back({order, std::move(packet.fds), clock_.now()});
    feed(zygote);
}

// The newest zygote of the wished tier; the exec template if the tier has none.
Launcher::Zygote& Launcher::zygote_for(const Spec& spec) {
    for (const Tier tier : {spec.tier, Tier::exec}) {
        for (auto& z : zygotes_) {
            const bool fits = z.tier == tier && (tier == Tier::exec || z.language == spec.language);
            if (fits && !z.retiring) return z;
        }
    }
    spawn_zygote(Tier::exec, Language::python);
    return zygotes_.back();
}

void Launcher::feed(Zygote& zygote) {
    while (zygote.ready && !zygote.waiting.empty() && zygote.under_way.size() < kUnderWayMax) {
        const auto queued = std::move(zygote.waiting.front());
        zygote.waiting.pop_front();
        const auto& order = queued.order;
        if (kill_at_birth_.erase(order.spec.worker)) {
            report_failed(order.spec.worker, "stopped before it began");
        } else if (!send_order(zygote, queued)) {
            report_failed(order.spec.worker, "its parent process went away");
        }
    }
}

bool Launcher::send_order(Zygote& zygote, const Queued& queued) {
    const auto& order = queued.order;
    const auto refuse = [&](const std::string& what) {
        report_failed(order.spec.worker, what + ": " + std::strerror(errno));
        return true;  // answered
    };
    if (order.spec.parked && order.spec.tier == Tier::zygote && zygote.tier == Tier::exec) {
        report_failed(order.spec.worker, "its language has no warmed parent");
        return true;
    }
    int gate[2] = {-1, -1};
    if (order.spec.parked && ::pipe2(gate, O_CLOEXEC) != 0) return refuse("no gate could be made");
    Fd gate_end(gate[1]);
    Package package{.code = Fd(gate[0])};
    if (!order.spec.parked)
        if (const auto failed = open_package(order.code_folder, order.layers_folder, package))
            return refuse(failed);
    const Fd netns = order.spec.internet ? networks_.take_or_make() : networks_.take();
    Birth birth{.gate = std::move(gate_end),
                .has_program = zygote.tier == Tier::zygote,
                .wants_doors = order.spec.door,
                .order_came = queued.came};
    if (order.spec.internet)
        if (const auto failed = lead_out(order.spec.worker, netns.get(), birth))
            return refuse(failed);
    const int slot = birth.slot = cgroups_->acquire(order.spec.limits);
    if (slot < 0) return refuse("no control group with these limits could be made");
    const auto entrances = cgroups_->entrances(slot);

    ZygoteOrder message{.spec = order.spec,
                        .has_layers = static_cast<bool>(package.layers),
                        .has_netns = static_cast<bool>(netns)};
    if (rootless_) message.spec.host_uid = 0;
    std::vector<int> fds;
    for (std::size_t end = 0; end < kEnds; ++end) fds.push_back(queued.ends[end].get());
    fds.push_back(package.code.get());
    if (order.spec.shares) fds.push_back(queued.ends[kEnds].get());
    if (package.layers) fds.push_back(package.layers.get());
    if (netns) fds.push_back(netns.get());
    for (const auto& entrance : entrances) fds.push_back(entrance.get());
    message.cgroups = static_cast<std::uint8_t>(entrances.size());
    if (!send_message(zygote.control.get(), message, fds)) {
        cgroups_->release(slot);
        return false;
    }
    if (zygote.under_way.empty()) zygote.heard = clock_.now();
    if (order.spec.door && netns) birth.doors = networks_.open_doors(netns.get());
    zygote.under_way.emplace(order.spec.worker, std::move(birth));
    if (++zygote.children == options_.zygote_children_max && zygote.tier == Tier::zygote)
        spawn_zygote(zygote.tier, zygote.language);  // takes over once it is ready
    return true;
}

void Launcher::on_reply(Zygote& zygote) {
    ZygoteReply reply;
    auto packet = receive_message(zygote.control.get(), reply);
    if (!packet) return;
    const auto self =
        std::ranges::find_if(zygotes_, [&](const Zygote& z) { return &z == &zygote; });
    if (packet->size != sizeof reply) return on_zygote_end(self);
    zygote.heard = clock_.now();
    if (reply.worker == 0) {
        zygote.ready = true;
        for (auto& z : zygotes_) {
            if (&z == &zygote || z.tier != zygote.tier || z.language != zygote.language) continue;
            z.retiring = true;  // an older generation
            if (z.under_way.empty()) ::shutdown(z.control.get(), SHUT_RDWR);
        }
        return feed(zygote);
    }
    auto node = zygote.under_way.extract(reply.worker);
    if (node.empty()) return;
    const int slot = node.mapped().slot;
    if (reply.pid == 0) {
        cgroups_->release(slot);
        report_failed(reply.worker, std::string("the process could not be made: ") +
                                        std::strerror(reply.error_code));
    } else {
        auto& worker = workers_[reply.worker];
        worker = Worker{.pidfd = std::move(packet->fds.at(0)), .held = std::move(node.mapped())};
        worker_by_pidfd_[worker.pidfd.get()] = reply.worker;
        watch(worker.pidfd.get());
        Report report{.type = Report::Type::started, .worker = reply.worker};
        report.tier = zygote.tier;
        report.pid = reply.pid;
        report.order_came = worker.held.order_came;
        report.cloned = clock_.now();
        report.group = cgroups_->files(slot);
        if (worker.held.wants_doors && worker.held.doors.empty())  // its network is its own making
            worker.held.doors = networks_.open_doors(worker.pidfd.get());
        tell(report, std::exchange(worker.held.doors, {}));
        if (kill_at_birth_.erase(reply.worker)) kill(reply.worker);
    }
    if (zygote.retiring && zygote.under_way.empty()) ::shutdown(zygote.control.get(), SHUT_RDWR);
    feed(zygote);
}

bool Launcher::expects(const Zygote& zygote) const {
    return !zygote.ready || !zygote.under_way.empty();
}

// One that hangs must not take the calls that wait for it with it: it goes, and they are told.
void Launcher::end_silent_zygotes() {
    const auto now = clock_.now();
    for (const auto& z : zygotes_)
        if (expects(z) && now - z.heard > kSilenceMax)
            ::syscall(SYS_pidfd_send_signal, z.pidfd.get(), SIGKILL, nullptr, 0);
}

void Launcher::on_zygote_end(std::list<Zygote>::iterator zygote) {
    Zygote old = std::move(*zygote);
    zygotes_.erase(zygote);
    forget(old.control.get());
    siginfo_t info{};
    ::syscall(SYS_pidfd_send_signal, old.pidfd.get(), SIGKILL, nullptr, 0);
    ::waitid(P_PIDFD, static_cast<id_t>(old.pidfd.get()), &info, WEXITED);
    for (const auto& [worker, held] : old.under_way) {
        cgroups_->release(held.slot);
        report_failed(worker, "its parent process went away");
    }
    if (!old.retiring && old.tier == Tier::zygote) {
        Report report{.type = Report::Type::zygote_lost, .language = old.language};
        set_text(report.text, "ended with status " + std::to_string(info.si_status));
        tell(report);
        if (old.ready && ++zygotes_lost_ < kZygotesLostMax) spawn_zygote(old.tier, old.language);
    }
    for (auto& queued : old.waiting) {
        if (old.tier == Tier::exec && !old.ready) {
            report_failed(queued.order.spec.worker,
                          "no sandbox can be made here; see the server's log");
            continue;
        }
        auto& heir = zygote_for(queued.order.spec);
        heir.waiting.push_back(std::move(queued));
        feed(heir);
    }
}

// Its device is there before any code of the function's runs; what is sent by it waits in it until
// mayfly-net has begun.
StepError Launcher::lead_out(std::uint64_t worker, int network, Birth& birth) {
    Fd tap = networks_.open_way_out(network);
    if (!tap) return "make its way to the internet";
    birth.way_out = relay_->carry(worker, std::move(tap));
    return birth.way_out ? nullptr : "start mayfly-net";
}

// Connections that were open are lost, and a program might wait for them for ever: its workers go.
void Launcher::on_relay() {
    const auto ended = relay_->on_ready();
    if (!ended) return;
    Report report{.type = Report::Type::relay_lost};
    set_text(report.text, *ended);
    tell(report);
    for (auto& [id, worker] : workers_) {
        if (!worker.held.way_out) continue;
        worker.why = "its way to the internet is lost: mayfly-net " + *ended;
        kill(id);
    }
    for (const auto& z : zygotes_)
        for (const auto& [id, birth] : z.under_way)
            if (birth.way_out) kill_at_birth_[id] = true;
}

void Launcher::tell(const Report& report, std::vector<Fd> beside) {
    reports_.send(report, std::move(beside));
    watch_for_room();
}

// The daemon's socket is watched for room while reports wait for some.
void Launcher::watch_for_room() {
    if (reports_.waits() == wants_room_) return;
    wants_room_ = !wants_room_;
    epoll_event event{.events = wants_room_ ? EPOLLIN | EPOLLOUT : EPOLLIN,
                      .data = {.fd = daemon_.get()}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, daemon_.get(), &event);
}

void Launcher::report_failed(std::uint64_t worker, std::string_view why) {
    Report report{.type = Report::Type::failed, .worker = worker};
    set_text(report.text, why);
    tell(report);
}

void Launcher::end_everything() {
    for (auto& z : zygotes_) ::syscall(SYS_pidfd_send_signal, z.pidfd.get(), SIGKILL, nullptr, 0);
    for (auto& [id, worker] : workers_)
        ::syscall(SYS_pidfd_send_signal, worker.pidfd.get(), SIGKILL, nullptr, 0);
    reclaimer_.reset();
    relay_->stop();
    while (::waitpid(-1, nullptr, __WALL) > 0 || errno == EINTR) {
    }
    cgroups_.reset();
}

}  // namespace mayfly::sandbox
