#include "meter/counters.hpp"

#include <fmt/format.h>

#include <iterator>

namespace mayfly::meter {

namespace {

constexpr std::size_t kKnownMax = 20'000;  // revisions remembered; then they are looked up again

double seconds(std::int64_t us) { return static_cast<double>(us) / 1e6; }

void family(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
    fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

}  // namespace

std::string escaped_label(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n') out += "\\n";
        else out += c;
    }
    return out;
}

Counters::OfFunction& Counters::of(const Revision& revision) {
    if (const auto at = known_.find(revision.id); at != known_.end()) return *at->second;
    if (known_.size() >= kKnownMax) known_.clear();
    const auto& f = revision.function;
    auto& found = functions_[{f.account, f.service + "/" + f.spec.name, revision.version}];
    known_.emplace(revision.id, &found);
    return found;
}

void Counters::add(const Entry& entry) {
    auto& f = of(*entry.route);
    const auto sum = sum_of(entry);
    f.cold += sum.cold;
    f.billed_us += sum.billed_us;
    f.mb_us += sum.mb_us;
    if (!entry.is_call) return;
    ++f.calls[{entry.trigger, to_text(entry.outcome)}];
    ++f.count;
    f.duration_us += entry.duration.count();
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && entry.duration.count() > kBounds[bucket]) ++bucket;
    if (bucket < kBounds.size()) ++f.within[bucket];
    if (entry.how != Start::cold) return;
    for (const auto& phase : entry.course.phases) {
        auto& sums = phases_[phase.name];
        ++sums.count;
        sums.us += phase.took.count();
    }
}

std::string Counters::labels(const Names& names) {
    return fmt::format(R"(account="{}",function="{}",qualifier="{}")", escaped_label(names.account),
                       escaped_label(names.function), escaped_label(names.qualifier));
}

void Counters::write(std::string& out) const {
    const auto to = std::back_inserter(out);
    family(out, "mayfly_invocations_total", "counter", "Calls that ran, by how they ended.");
    for (const auto& [names, f] : functions_)
        for (const auto& [what, n] : f.calls)
            fmt::format_to(to, "mayfly_invocations_total{{{},trigger=\"{}\",outcome=\"{}\"}} {}\n",
                           labels(names), escaped_label(what.first), what.second, n);
    family(out, "mayfly_invocation_duration_seconds", "histogram",
           "How long calls ran: initializer and handler.");
    for (const auto& [names, f] : functions_) {
        if (f.count == 0) continue;
        const auto own = labels(names);
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < kBounds.size(); ++i) {
            sum += f.within[i];
            fmt::format_to(to, "mayfly_invocation_duration_seconds_bucket{{{},le=\"{}\"}} {}\n",
                           own, seconds(kBounds[i]), sum);
        }
        fmt::format_to(to, "mayfly_invocation_duration_seconds_bucket{{{},le=\"+Inf\"}} {}\n", own,
                       f.count);
        fmt::format_to(to, "mayfly_invocation_duration_seconds_sum{{{}}} {}\n", own,
                       seconds(f.duration_us));
        fmt::format_to(to, "mayfly_invocation_duration_seconds_count{{{}}} {}\n", own, f.count);
    }
    const auto each = [&](std::string_view name, std::string_view help, auto value) {
        family(out, name, "counter", help);
        for (const auto& [names, f] : functions_)
            fmt::format_to(to, "{}{{{}}} {}\n", name, labels(names), value(f));
    };
    each("mayfly_cold_starts_total", "Calls that no worker waited for.",
         [](const OfFunction& f) { return f.cold; });
    each("mayfly_billed_seconds_total", "Time billed, in whole steps.",
         [](const OfFunction& f) { return seconds(f.billed_us); });
    each("mayfly_billed_gigabyte_seconds_total", "Time billed times memory configured.",
         [](const OfFunction& f) { return static_cast<double>(f.mb_us) / 1024 / 1e6; });
    family(out, "mayfly_init_duration_seconds", "summary",
           "Where the time of cold starts went, by phase.");
    for (const auto& [phase, sums] : phases_) {
        fmt::format_to(to, "mayfly_init_duration_seconds_sum{{phase=\"{}\"}} {}\n",
                       escaped_label(phase), seconds(sums.us));
        fmt::format_to(to, "mayfly_init_duration_seconds_count{{phase=\"{}\"}} {}\n",
                       escaped_label(phase), sums.count);
    }
}

}  // namespace mayfly::meter
