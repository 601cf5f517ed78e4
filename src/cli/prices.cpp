#include "cli/prices.hpp"

#include "base/files.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>

namespace mayfly::cli {
namespace {

Failure wrong(const std::string& file, int line, const std::string& why) {
    return fail(Kind::invalid, fmt::format("'{}', line {}: {}", file, line, why));
}

}  // namespace

double cost(const PriceBook& book, const Usage& usage, const UsagePeriod& period) {
    if (book.box_per_hour > 0) {
        if (period.billed_gb_s <= 0) return 0;
        const double boxes = std::max(1.0, std::ceil(period.busiest_gb_s / 3600 / book.box_gb));
        return boxes * period.hours * book.box_per_hour * usage.billed_gb_s / period.billed_gb_s;
    }
    const double seconds = book.step_ms == 1 ? usage.run_s : usage.billed_s;
    const double gb_seconds = book.step_ms == 1 ? usage.run_gb_s : usage.billed_gb_s;
    double vcpu_seconds = 0;
    if (seconds > 0 && book.per_vcpu_second > 0) {
        double vcpu = gb_seconds / seconds * book.vcpu_per_gb;
        if (book.vcpu_step > 0) vcpu = std::ceil(vcpu / book.vcpu_step - 1e-9) * book.vcpu_step;
        vcpu_seconds = vcpu * seconds;
    }
    return usage.calls / 1e6 * book.per_million_calls + gb_seconds * book.per_gb_second +
           vcpu_seconds * book.per_vcpu_second;
}

// None takes off what is free each month, or off a list price.
const std::vector<PriceBook>& price_books() {
    static const std::vector<PriceBook> books{
        {.name = "fc2018",
         .about = "Function Compute, billing 1.0 (2017 to September 2019), steps of 100 ms",
         .source = "third-party texts of that time that quote Alibaba Cloud's price page",
         .currency = "CNY",
         .step_ms = 100,
         .per_million_calls = 1.33,
         .per_gb_second = 0.00011108},
        // One CU is 0.00011 CNY (first tier). A million calls are 7,500 CU; a vCPU-second is 1, a
        // GB-second 0.15. CPU is the least that may be configured: a quarter of a vCPU to a GB, in
        // steps of 0.05.
        {.name = "fc",
         .about = "Function Compute 3 since 2024-08-27, by CU, steps of 1 ms, the least CPU for "
                  "the memory",
         .source = "Alibaba Cloud's list price, first tier (0.00011 CNY a CU), valid in 2026",
         .currency = "CNY",
         .step_ms = 1,
         .per_million_calls = 7500 * 0.00011,
         .per_gb_second = 0.15 * 0.00011,
         .per_vcpu_second = 0.00011,
         .vcpu_per_gb = 0.25,
         .vcpu_step = 0.05},
        {.name = "lambda",
         .about = "AWS Lambda, x86, US East (N. Virginia), first tier, steps of 1 ms",
         .source = "aws.amazon.com/lambda/pricing as quoted in 2024 (0.20 USD a million, "
                   "0.0000166667 a GB-second)",
         .currency = "USD",
         .step_ms = 1,
         .per_million_calls = 0.20,
         .per_gb_second = 0.0000166667},
        {.name = "box",
         .about = "machines of 4 GB that are always on (EC2 t3.medium, on demand), enough for the "
                  "busiest hour's average",
         .source = "AWS EC2's on-demand price as quoted on 2026-04-17 (0.0416 USD an hour)",
         .currency = "USD",
         .box_per_hour = 0.0416,
         .box_gb = 4}};
    return books;
}

Result<PriceBook> parse_price_book(const std::string& yaml, const std::string& file) {
    PriceBook book;
    const std::pair<const char*, std::string*> words[] = {{"name", &book.name},
                                                          {"about", &book.about},
                                                          {"source", &book.source},
                                                          {"currency", &book.currency}};
    const std::pair<const char*, double*> prices[] = {
        {"per_million_calls", &book.per_million_calls},
        {"per_gb_second", &book.per_gb_second},
        {"per_vcpu_second", &book.per_vcpu_second},
        {"vcpu_per_gb", &book.vcpu_per_gb},
        {"vcpu_step", &book.vcpu_step},
        {"box_per_hour", &book.box_per_hour},
        {"box_gb", &book.box_gb}};
    try {
        const auto root = YAML::Load(yaml);
        if (!root.IsMap()) return wrong(file, 1, "a price book is a map of keys and values");
        for (const auto& entry : root) {
            const auto key = entry.first.as<std::string>();
            const int line = entry.first.Mark().line + 1;
            const auto word = std::ranges::find(words, key, [](auto& w) { return w.first; });
            const auto price = std::ranges::find(prices, key, [](auto& p) { return p.first; });
            if (word != std::end(words)) {
                *word->second = entry.second.as<std::string>();
            } else if (price != std::end(prices)) {
                const double value = *price->second = entry.second.as<double>();
                if (!(value >= 0 && value < 1e12))
                    return wrong(file, line, "'" + key + "' must be 0 or more");
            } else if (key == "step") {
                book.step_ms = entry.second.as<int>();
                if (book.step_ms != 1 && book.step_ms != 100)
                    return wrong(file, line, "'step' must be 1 or 100, in milliseconds");
            } else {
                return wrong(file, line, "unknown key '" + key + "' in a price book");
            }
        }
    } catch (const YAML::Exception& e) {
        return wrong(file, e.mark.line + 1, e.msg);
    }
    if (book.name.empty() || book.currency.empty())
        return wrong(file, 1, "a price book needs 'name' and 'currency'");
    if (book.box_per_hour > 0 && book.box_gb <= 0)
        return wrong(file, 1, "'box_per_hour' needs 'box_gb', the memory of such a machine");
    return book;
}

Result<PriceBook> find_price_book(const std::string& name_or_file) {
    for (const auto& book : price_books())
        if (book.name == name_or_file) return book;
    const auto text = read_file(name_or_file);
    if (!text && text.error().kind == Kind::not_found)
        return fail(Kind::not_found, "'" + name_or_file +
                                         "' is no price book: there are fc2018, fc, lambda and "
                                         "box, or write the name of a file");
    if (!text) return Failure(text.error());
    return parse_price_book(*text, name_or_file);
}

}  // namespace mayfly::cli
