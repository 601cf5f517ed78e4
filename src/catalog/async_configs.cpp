#include "catalog/async_configs.hpp"

#include "catalog/destination.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::catalog {

namespace json = boost::json;

namespace {

constexpr std::string_view kPrefix = "fc/async-config/";
constexpr int kFormat = 1;

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidArgument"); }

std::string function_key(const AccountId& account, const std::string& service,
                         const std::string& function) {
    return fmt::format("{}{}/{}/{}/", kPrefix, account, service, function);
}

std::string key_of(const Target& t) {
    return function_key(t.account, t.service, t.function) +
           (t.qualifier.empty() ? "LATEST" : t.qualifier);
}

std::string to_record(const AsyncConfig& c) {
    return json::serialize(json::object{{"format", kFormat},
                                        {"account", c.account},
                                        {"service", c.service},
                                        {"qualifier", c.qualifier},
                                        {"function", c.function},
                                        {"retriesMax", c.retries_max},
                                        {"ageSecondsMax", c.age_max.count()},
                                        {"stateful", c.stateful},
                                        {"onSuccess", c.on_success},
                                        {"onFailure", c.on_failure},
                                        {"concurrency", c.concurrency},
                                        {"created", c.created.time_since_epoch().count()},
                                        {"modified", c.modified.time_since_epoch().count()}});
}

Result<AsyncConfig> from_record(std::string_view bytes) {
    try {
        const auto value = json::parse(bytes);
        const auto& o = value.as_object();
        if (o.at("format").to_number<int>() != kFormat)
            return fail(Kind::internal, "an async config has a format this program does not know");
        const auto text = [&](const char* name) { return std::string(o.at(name).as_string()); };
        const auto number = [&](const char* name) { return o.at(name).to_number<std::int64_t>(); };
        return AsyncConfig{.account = text("account"),
                           .service = text("service"),
                           .qualifier = text("qualifier"),
                           .function = text("function"),
                           .retries_max = static_cast<int>(number("retriesMax")),
                           .age_max = Seconds(number("ageSecondsMax")),
                           .stateful = o.at("stateful").as_bool(),
                           .on_success = text("onSuccess"),
                           .on_failure = text("onFailure"),
                           .concurrency = static_cast<int>(number("concurrency")),
                           .created = WallTime(Micros(number("created"))),
                           .modified = WallTime(Micros(number("modified")))};
    } catch (const std::exception& e) {
        return fail(Kind::internal, fmt::format("a stored async config is damaged: {}", e.what()));
    }
}

Target target_of(const AsyncConfig& c) { return {c.account, c.service, c.qualifier, c.function}; }

Result<std::int64_t> within(const char* name, std::int64_t value, std::int64_t least,
                            std::int64_t most) {
    if (value >= least && value <= most) return value;
    return refuse(fmt::format("{} is {}; it must be from {} to {}", name, value, least, most));
}

}  // namespace

Result<AsyncConfig> apply(AsyncConfig config, const AsyncChange& change) {
    if (change.retries_max) {
        TRY(const auto n, within("maxAsyncRetryAttempts", *change.retries_max, 0, 8));
        config.retries_max = static_cast<int>(n);
    }
    if (change.age_seconds_max) {
        TRY(const auto n,
            within("maxAsyncEventAgeInSeconds", *change.age_seconds_max, 1, 2'592'000));
        config.age_max = Seconds(n);
    }
    if (change.concurrency) {
        TRY(const auto n, within("asyncConcurrency", *change.concurrency, 0, 1000));
        config.concurrency = static_cast<int>(n);
    }
    if (change.stateful) config.stateful = *change.stateful;
    if (change.on_success) config.on_success = *change.on_success;
    if (change.on_failure) config.on_failure = *change.on_failure;
    for (const auto* destination : {&config.on_success, &config.on_failure})
        if (!destination->empty()) TRYV(parse_destination(*destination, config.account));
    if (config.on_failure == "mailto:")
        return refuse(
            "onFailure 'mailto:' says nobody: a function that failed answers no mail; name "
            "whom to tell, such as mailto:ops@example.com");
    return config;
}

Task<Result<void>> AsyncConfigs::load() {
    CO_TRY(const auto records, co_await meta_.list(std::string(kPrefix)));
    for (const auto& record : records) {
        CO_TRY(auto config, from_record(record.value));
        if (exists_(target_of(config)))
            entries_.emplace(record.key, Entry{std::move(config), record.revision});
        else CO_TRYV(co_await meta_.remove(record.key, record.revision));  // (2)
    }
    co_return Result<void>();
}

Result<void> AsyncConfigs::check_exists(const std::string& destination,
                                        const AccountId& account) const {
    if (destination.empty()) return {};
    TRY(const auto where, parse_destination(destination, account));
    if (!where.url.empty() || where.bus || exists_(where.target)) return {};
    return refuse(
        fmt::format("destination function '{}' of service '{}' does not exist; create it "
                    "first",
                    where.target.function, where.target.service));
}

Task<Result<AsyncConfig>> AsyncConfigs::put(Target target, AsyncChange change) {
    const auto key = key_of(target);
    const auto found = entries_.find(key);
    const bool there = found != entries_.end();
    AsyncConfig config;
    if (there) config = found->second.config;
    else
        config = {.account = target.account,
                  .service = target.service,
                  .qualifier = target.qualifier.empty() ? "LATEST" : target.qualifier,
                  .function = target.function,
                  .created = clock_.wall()};
    CO_TRY(auto next, apply(std::move(config), change));
    CO_TRYV(check_exists(next.on_success, target.account));
    CO_TRYV(check_exists(next.on_failure, target.account));
    next.modified = clock_.wall();
    const auto expected = there ? found->second.revision : store::expect_anything;
    auto put = co_await meta_.put(key, to_record(next), expected);
    if (!put && put.error().kind == Kind::conflict)
        co_return fail(Kind::conflict, put.error().what, "ConcurrentUpdateError");
    CO_TRY(const auto revision, std::move(put));
    entries_.insert_or_assign(key, Entry{next, revision});
    co_return next;
}

Result<AsyncConfig> AsyncConfigs::get(const Target& target) const {
    const auto found = entries_.find(key_of(target));
    if (found != entries_.end()) return found->second.config;
    return fail(
        Kind::not_found,
        fmt::format("AsyncConfig for {}:{} does not exist.", target.service, target.function),
        "AsyncConfigNotExists");
}

Task<Result<void>> AsyncConfigs::remove(Target target) {
    CO_TRYV(get(target));
    const auto key = key_of(target);
    CO_TRYV(co_await meta_.remove(key, store::expect_anything));
    entries_.erase(key);
    co_return Result<void>();
}

std::vector<AsyncConfig> AsyncConfigs::of_function(const AccountId& account,
                                                   const std::string& service,
                                                   const std::string& function) const {
    const auto prefix = function_key(account, service, function);
    std::vector<AsyncConfig> all;
    for (auto at = entries_.lower_bound(prefix);
         at != entries_.end() && at->first.starts_with(prefix); ++at)
        all.push_back(at->second.config);
    return all;
}

std::vector<AsyncConfig> AsyncConfigs::stateful(const AccountId& account) const {
    const auto prefix = fmt::format("{}{}/", kPrefix, account);
    std::vector<AsyncConfig> all;
    for (auto at = entries_.lower_bound(prefix);
         at != entries_.end() && at->first.starts_with(prefix); ++at)
        if (at->second.config.stateful) all.push_back(at->second.config);
    return all;
}

AsyncConfig AsyncConfigs::effective(const Target& target) const {
    const auto found = entries_.find(key_of(target));
    if (found != entries_.end()) return found->second.config;
    return {.account = target.account, .service = target.service, .function = target.function};
}

Task<> AsyncConfigs::forget(AccountId account, std::string service, std::string function) {
    for (const auto& config : of_function(account, service, function)) {
        const auto key = key_of(target_of(config));
        entries_.erase(key);
        (void)co_await meta_.remove(key, store::expect_anything);
    }
}

}  // namespace mayfly::catalog
