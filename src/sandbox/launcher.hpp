// The privileged part: keeps zygotes, groups and network namespaces ready, turns orders into
// sandboxed processes, reaps them and gives back what they held. Single-threaded, no Boost, made to
// be read in one sitting. When the daemon goes, everything here ends.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "sandbox/cgroup.hpp"
#include "sandbox/message_line.hpp"
#include "sandbox/messages.hpp"
#include "sandbox/mounts.hpp"
#include "sandbox/network.hpp"
#include "sandbox/reclaimer.hpp"
#include "sandbox/relay_link.hpp"

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace mayfly::sandbox {

struct LauncherOptions {
    std::string runtimes_folder;  // holds python/shim.py and its relatives; seen at /rt inside
    std::string key;              // tells the servers of one machine apart
    std::string relay_program;    // mayfly-net
    std::string internet_allow;   // networks besides the public ones that functions may reach
    std::string cgroup_root = "/sys/fs/cgroup";
    int stock = 16;                  // network namespaces and control groups made ahead of time
    int zygote_children_max = 1000;  // then the next generation takes over
};

class Launcher {
public:
    // `daemon`: the SOCK_SEQPACKET end of messages.hpp. The clock is the caller's to keep.
    Launcher(LauncherOptions options, const Clock& clock, Fd daemon);
    ~Launcher();

    // Serves until the daemon goes. Returns the exit code.
    int run();

private:
    struct Queued {  // an order that is not sent yet
        Order order;
        std::vector<Fd> ends;
        Time came{};
    };
    struct Birth {  // what a worker holds
        int slot = -1;
        Fd gate{};  // of a parked one: closing it opens it
        bool has_program = true;
        std::vector<Fd> doors{};  // until the daemon has them
        bool wants_doors = false;
        RelayLink::WayOut way_out{};
        Time order_came{};
    };
    struct Zygote {
        Fd control, pidfd;
        Tier tier = Tier::exec;
        Language language = Language::python;
        bool ready = false, retiring = false;
        int children = 0;  // made so far
        Time heard{};      // from it, or first expected from it
        std::deque<Queued> waiting;
        std::unordered_map<std::uint64_t, Birth> under_way;  // by worker
    };
    struct Worker {
        Fd pidfd;
        Birth held;
        std::string why{};  // it is being killed, if for a reason of ours
    };

    bool become_able();
    void say_hello();
    void spawn_zygote(Tier tier, Language language);
    void watch(int fd);
    void forget(int fd);
    void handle(int fd);
    void on_daemon();
    void on_order(const Order& order, Packet packet);
    void adopt(const Order& order);
    StepError adopt(Worker& worker, const Order& order);
    void page_out(std::uint64_t worker);
    void stand(std::uint64_t worker, Standing standing);
    void kill(std::uint64_t worker);
    Zygote& zygote_for(const Spec& spec);
    void feed(Zygote& zygote);
    bool send_order(Zygote& zygote, const Queued& queued);
    void on_reply(Zygote& zygote);
    bool expects(const Zygote& zygote) const;
    bool owed() const;
    bool stocked() const;
    int patience() const;
    void restock();
    void end_silent_zygotes();
    StepError lead_out(std::uint64_t worker, int network, Birth& birth);
    void on_relay();
    void on_zygote_end(std::list<Zygote>::iterator zygote);
    void on_worker_end(std::uint64_t worker);
    void drop(int slot);
    void tell(const Report& report, std::vector<Fd> beside = {});
    void watch_for_room();
    void report_failed(std::uint64_t worker, std::string_view why);
    void end_everything();

    LauncherOptions options_;
    const Clock& clock_;
    Fd daemon_;
    MessageLine<Report> reports_;
    bool wants_room_ = false;
    Fd epoll_, filter_;
    bool rootless_ = false;
    bool leaving_ = false;
    std::string missing_;  // what the host cannot give, in words
    std::unique_ptr<Cgroups> cgroups_;
    std::unique_ptr<Home> home_;
    std::optional<Reclaimer> reclaimer_{std::in_place};
    NetworkPool networks_;
    std::unique_ptr<RelayLink> relay_;
    std::list<Zygote> zygotes_;
    int zygotes_lost_ = 0;
    std::unordered_map<std::uint64_t, Worker> workers_;
    std::unordered_map<int, std::uint64_t> worker_by_pidfd_;
    std::unordered_map<std::uint64_t, bool> kill_at_birth_;
};

}  // namespace mayfly::sandbox
