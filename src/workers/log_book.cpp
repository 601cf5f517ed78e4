#include "workers/log_book.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::workers {

namespace {

std::string key_of(const AccountId& account, const std::string& service,
                   const std::string& function) {
    return account + '/' + service + '/' + function;
}

std::size_t size_of(const LoggedCall& call) {
    return sizeof call + call.request_id.size() + call.text.size();
}

}  // namespace

std::string as_fc_text(const LoggedCall& call) {
    const bool ended_well = call.outcome == Outcome::ok || call.outcome == Outcome::handled_error;
    return fmt::format(
        "FC {8} Start RequestId: {0}\n{1}{2}FC {8} End RequestId: {0}{3}\n"
        "Duration: {4:.2f} ms, Billed Duration: {5} ms, Memory Size: {6} MB, Max Memory Used: "
        "{7:.2f} MB\n",
        call.request_id, call.text, call.text.empty() || call.text.ends_with('\n') ? "" : "\n",
        ended_well ? "" : ", Error: Unhandled function error",
        static_cast<double>(call.duration.count()) / 1000.0, call.billed.count(), call.memory_mb,
        static_cast<double>(call.memory_bytes_peak) / (1 << 20), call.what);
}

std::string_view tail(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    text.remove_prefix(text.size() - bytes_max);
    const auto line = text.find('\n');
    if (line != text.npos && line + 1 < text.size()) text.remove_prefix(line + 1);
    return text;
}

void LogBook::add(const Revision& revision, LoggedCall call) {
    const auto& f = revision.function;
    auto key = key_of(f.account, f.service, f.spec.name);
    auto found = by_function_.find(key);
    if (found == by_function_.end()) {
        pages_.push_front(Page{.key = key});
        found = by_function_.emplace(std::move(key), pages_.begin()).first;
    }
    pages_.splice(pages_.begin(), pages_, found->second);
    auto& page = *found->second;
    page.bytes += size_of(call);
    page.calls.push_back(std::move(call));
    while (page.bytes > options_.function_bytes_max && page.calls.size() > 1) {
        page.bytes -= size_of(page.calls.front());
        page.calls.pop_front();
    }
    if (pages_.size() > options_.functions_max) {
        by_function_.erase(pages_.back().key);
        pages_.pop_back();
    }
}

std::vector<LogBook::Line> LogBook::lines(const AccountId& account, const std::string& service,
                                          const std::string& function,
                                          std::size_t lines_max) const {
    std::vector<Line> newest_first;
    const auto found = by_function_.find(key_of(account, service, function));
    if (found == by_function_.end()) return newest_first;
    const auto& calls = found->second->calls;
    for (auto call = calls.rbegin(); call != calls.rend() && newest_first.size() < lines_max;
         ++call) {
        const auto text = as_fc_text(*call);
        auto parts = split(std::string_view(text).substr(0, text.size() - 1), '\n');
        for (auto part = parts.rbegin(); part != parts.rend() && newest_first.size() < lines_max;
             ++part)
            newest_first.push_back({call->ended, call->request_id, std::string(*part)});
    }
    std::ranges::reverse(newest_first);
    return newest_first;
}

}  // namespace mayfly::workers
