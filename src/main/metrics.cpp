#include "main/metrics.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <filesystem>
#include <iterator>

namespace mayfly {

namespace {

void gauge(std::string& out, std::string_view name, std::string_view help, auto value,
           std::string_view type = "gauge") {
    fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help,
                   type, value);
}

// proc(5): /proc/self/stat. Fields are counted behind the name, which may hold anything.
void write_process(std::string& out) {
    const auto stat = read_file("/proc/self/stat");
    if (!stat) return;
    const auto fields = split(std::string_view(*stat).substr(stat->rfind(')') + 2), ' ');
    const auto number = [&](std::size_t nth) { return parse_int(fields.at(nth - 3)).value_or(0); };
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    gauge(out, "process_cpu_seconds_total", "CPU time of the server, without its workers.",
          static_cast<double>(number(14) + number(15)) / ticks, "counter");
    gauge(out, "process_resident_memory_bytes", "Memory of the server, without its workers.",
          number(24) * ::sysconf(_SC_PAGESIZE));
    std::error_code error;
    std::int64_t open = 0;
    for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; it != end && !error;
         it.increment(error))
        ++open;
    gauge(out, "process_open_fds", "Open descriptors of the server.", open);
}

void write_lateness(std::string& out, const triggers::Lateness& late) {
    const auto to = std::back_inserter(out);
    out +=
        "# HELP mayfly_timer_lateness_seconds How long after its moment a timer's event was on the "
        "disk.\n# TYPE mayfly_timer_lateness_seconds histogram\n";
    for (std::size_t i = 0; i < late.bounds_seconds.size(); ++i)
        fmt::format_to(to, "mayfly_timer_lateness_seconds_bucket{{le=\"{}\"}} {}\n",
                       late.bounds_seconds[i], late.at_most(i));
    fmt::format_to(
        to,
        "mayfly_timer_lateness_seconds_bucket{{le=\"+Inf\"}} {0}\n"
        "mayfly_timer_lateness_seconds_sum {1}\nmayfly_timer_lateness_seconds_count {0}\n",
        late.count(), late.seconds());
}

}  // namespace

std::string metrics_page(const Wiring& wiring) {
    std::string out;
    const auto to = std::back_inserter(out);
    const auto counts = wiring.engine->counts();
    out +=
        "# HELP mayfly_build_info Which version serves.\n# TYPE mayfly_build_info gauge\n"
        "mayfly_build_info{version=\"" MAYFLY_VERSION "\"} 1\n";
    out +=
        "# HELP mayfly_instances Workers alive, by what they do.\n"
        "# TYPE mayfly_instances gauge\n";
    const std::pair<std::string_view, int> states[] = {{"starting", counts.starting},
                                                       {"busy", counts.busy},
                                                       {"idle", counts.idle},
                                                       {"stopping", counts.stopping}};
    for (const auto& [state, n] : states)
        fmt::format_to(to, "mayfly_instances{{state=\"{}\"}} {}\n", state, n);
    gauge(out, "mayfly_instances_provisioned", "Of them, those that are kept.", counts.provisioned);
    gauge(out, "mayfly_instances_memory_bytes", "Memory configured of all of them.",
          counts.memory_mb << 20);
    gauge(out, "mayfly_inflight", "Calls whose callers have not been told yet.",
          wiring.engine->open_calls());
    gauge(out, "mayfly_waiting", "Calls that wait for a worker.", counts.waiting);
    out +=
        "# HELP mayfly_throttles_total Calls refused before they ran, by the reason.\n"
        "# TYPE mayfly_throttles_total counter\n";
    for (const auto& [reason, n] : wiring.engine->throttles())
        fmt::format_to(to, "mayfly_throttles_total{{reason=\"{}\"}} {}\n",
                       meter::escaped_label(reason), n);
    wiring.ledger->counters().write(out);
    write_lateness(out, wiring.timer_triggers->lateness());
    gauge(out, "mayfly_ledger_dropped_total", "Calls whose line in the ledger is lost.",
          wiring.ledger->dropped(), "counter");
    if (const auto* exporter = wiring.exporter.get()) {
        gauge(out, "mayfly_traces_exported_total", "Calls whose spans the collector took.",
              exporter->sent(), "counter");
        gauge(out, "mayfly_traces_dropped_total", "Calls whose spans it did not.",
              exporter->dropped(), "counter");
    }
    write_process(out);
    return out;
}

}  // namespace mayfly
