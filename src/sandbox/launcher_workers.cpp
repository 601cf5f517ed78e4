// The launcher's workers from when they run to when they are gone.
#include "sandbox/launcher.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace mayfly::sandbox {

// The worker knows nothing of it until its gate opens.
void Launcher::adopt(const Order& order) {
    const auto it = workers_.find(order.spec.worker);
    if (it == workers_.end()) return;  // it has ended, and that was reported
    if (const auto failed = adopt(it->second, order)) {
        it->second.why = std::string(failed) + ": " + std::strerror(errno);
        kill(order.spec.worker);
    }
}

StepError Launcher::adopt(Worker& worker, const Order& order) {
    Package package;
    STEP(open_package(order.code_folder, order.layers_folder, package));
    STEP(home_->mount_code_in(worker.pidfd.get(), package.code.get(), package.layers.get()));
    if (!cgroups_->change(worker.held.slot, order.spec.limits)) return "change the limits";
    if (order.spec.internet) STEP(lead_out(order.spec.worker, worker.pidfd.get(), worker.held));
    if (order.spec.door) {
        auto doors = networks_.open_doors(worker.pidfd.get());
        if (doors.empty()) return "open its doors to the platform";
        tell({.type = Report::Type::doors, .worker = order.spec.worker}, std::move(doors));
    }
    if (!worker.held.has_program &&
        ::write(worker.held.gate.get(), &order.spec, sizeof order.spec) != sizeof order.spec)
        return "tell it what to start";
    worker.held.gate.reset();
    return nullptr;
}

void Launcher::page_out(std::uint64_t id) {
    const auto it = workers_.find(id);
    if (it != workers_.end()) reclaimer_->ask(cgroups_->reclaim_file(it->second.held.slot));
}

void Launcher::stand(std::uint64_t id, Standing standing) {
    const auto it = workers_.find(id);
    if (it != workers_.end()) cgroups_->stand(it->second.held.slot, standing);
}

void Launcher::kill(std::uint64_t id) {
    const auto it = workers_.find(id);
    if (it != workers_.end()) {
        ::syscall(SYS_pidfd_send_signal, it->second.pidfd.get(), SIGKILL, nullptr, 0);
        return;
    }
    for (const auto& z : zygotes_) {
        const bool waits = std::ranges::any_of(
            z.waiting, [&](const Queued& queued) { return queued.order.spec.worker == id; });
        if (waits || z.under_way.contains(id)) kill_at_birth_[id] = true;
    }
}

void Launcher::on_worker_end(std::uint64_t id) {
    const auto node = workers_.extract(id);
    const Worker& worker = node.mapped();
    worker_by_pidfd_.erase(worker.pidfd.get());
    forget(worker.pidfd.get());
    siginfo_t info{};
    ::waitid(P_PIDFD, static_cast<id_t>(worker.pidfd.get()), &info, WEXITED);
    Report report{.type = Report::Type::gone, .worker = id};
    report.status = info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
    const int slot = worker.held.slot;
    report.out_of_memory = cgroups_->out_of_memory(slot);
    report.memory_bytes_peak = cgroups_->memory_bytes_peak(slot);
    set_text(report.text, worker.why);
    cgroups_->kill_all(slot);
    cgroups_->release(slot);
    tell(report);
}

}  // namespace mayfly::sandbox
