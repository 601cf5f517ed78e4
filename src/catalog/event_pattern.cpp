#include "catalog/event_pattern.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>

namespace mayfly::catalog {

namespace json = boost::json;

namespace {

constexpr std::size_t kBytesMax = 8u << 10;
constexpr int kDeepest = 8;

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidArgument"); }

std::string below(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : path + "." + std::string(name);
}

bool is_operator(std::string_view text) {
    return text == "<" || text == "<=" || text == "=" || text == ">" || text == ">=";
}

Result<void> check_test(const json::object& test, const std::string& path) {
    if (test.size() != 1)
        return refuse(fmt::format("pattern field '{}': a test has one name, such as prefix", path));
    const std::string_view name = test.begin()->key();
    const auto& value = test.begin()->value();
    if (name == "prefix" || name == "suffix" || name == "equals-ignore-case") {
        if (value.is_string()) return {};
        return refuse(fmt::format("pattern field '{}': {} needs a text", path, name));
    }
    if (name == "exists") {
        if (value.is_bool()) return {};
        return refuse(fmt::format("pattern field '{}': exists needs true or false", path));
    }
    if (name == "anything-but") {
        if (!value.is_object()) return {};
        return refuse(fmt::format("pattern field '{}': anything-but needs values", path));
    }
    if (name == "numeric") {
        const auto* parts = value.if_array();
        bool good = parts && !parts->empty() && parts->size() % 2 == 0;
        for (std::size_t i = 0; good && i < parts->size(); i += 2)
            good = (*parts)[i].is_string() &&
                   is_operator(std::string_view((*parts)[i].get_string())) &&
                   (*parts)[i + 1].is_number();
        if (good) return {};
        return refuse(
            fmt::format("pattern field '{}': numeric needs operators and numbers in turn, "
                        "such as [\">=\", 18, \"<\", 65]",
                        path));
    }
    return refuse(
        fmt::format("pattern field '{}': there is no test '{}'; there are prefix, suffix, "
                    "equals-ignore-case, anything-but, numeric and exists",
                    path, name));
}

Result<void> check(const json::object& pattern, const std::string& path, int deep) {
    if (deep > kDeepest)
        return refuse(fmt::format("a pattern goes {} fields deep at most", kDeepest));
    for (const auto& [name, value] : pattern) {
        const auto here = below(path, name);
        if (const auto* inner = value.if_object()) {
            TRYV(check(*inner, here, deep + 1));
            continue;
        }
        const auto* choices = value.if_array();
        if (!choices || choices->empty())
            return refuse(
                fmt::format("pattern field '{}' must be a list of what it may be, such as "
                            "[\"a\", {{\"prefix\": \"b\"}}], or an object of fields",
                            here));
        for (const auto& choice : *choices) {
            if (choice.is_array())
                return refuse(fmt::format("pattern field '{}': no list within a list", here));
            if (const auto* test = choice.if_object()) TRYV(check_test(*test, here));
        }
    }
    return {};
}

bool equal(const json::value& a, const json::value& b) {
    if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
    return a == b;
}

bool compares(double value, std::string_view op, double bound) {
    if (op == "<") return value < bound;
    if (op == "<=") return value <= bound;
    if (op == "=") return value == bound;
    if (op == ">") return value > bound;
    return value >= bound;
}

bool fits_test(const json::object& test, const json::value* value) {
    const std::string_view name = test.begin()->key();
    const auto& wanted = test.begin()->value();
    if (name == "exists") return wanted.get_bool() == (value != nullptr);
    if (!value) return false;
    if (name == "anything-but") {
        if (const auto* list = wanted.if_array())
            return std::ranges::none_of(*list, [&](const auto& w) { return equal(w, *value); });
        return !equal(wanted, *value);
    }
    if (name == "numeric") {
        if (!value->is_number()) return false;
        const auto& parts = wanted.get_array();
        for (std::size_t i = 0; i < parts.size(); i += 2)
            if (!compares(value->to_number<double>(), std::string_view(parts[i].get_string()),
                          parts[i + 1].to_number<double>()))
                return false;
        return true;
    }
    if (!value->is_string()) return false;
    const std::string_view text = value->get_string(), part = wanted.get_string();
    if (name == "prefix") return text.starts_with(part);
    if (name == "suffix") return text.ends_with(part);
    return iequals(text, part);
}

bool fits(const json::array& choices, const json::value* value) {
    const auto one = [&](const json::value* v) {
        return std::ranges::any_of(choices, [&](const auto& choice) {
            const auto* test = choice.if_object();
            return test ? fits_test(*test, v) : v && equal(choice, *v);
        });
    };
    const auto* list = value ? value->if_array() : nullptr;
    if (!list) return one(value);
    return std::ranges::any_of(*list, [&](const auto& v) { return one(&v); });
}

std::string mismatch_at(const json::object& pattern, const json::object* event,
                        const std::string& path) {
    for (const auto& [name, wanted] : pattern) {
        const auto here = below(path, name);
        const auto* value = event ? event->if_contains(name) : nullptr;
        if (const auto* inner = wanted.if_object()) {
            auto why = mismatch_at(*inner, value ? value->if_object() : nullptr, here);
            if (!why.empty()) return why;
        } else if (!fits(wanted.get_array(), value)) {
            return fmt::format("{} is {}, not one of {}", here,
                               value ? json::serialize(*value).substr(0, 100) : "absent",
                               json::serialize(wanted).substr(0, 200));
        }
    }
    return "";
}

}  // namespace

Result<json::object> read_pattern(std::string_view text) {
    if (text.size() > kBytesMax)
        return refuse(fmt::format("a pattern has {} bytes at most", kBytesMax));
    boost::system::error_code error;
    auto root = json::parse(text.empty() ? "{}" : text, error);
    if (error || !root.is_object()) return refuse("the filter pattern must be a JSON object");
    TRYV(check(root.get_object(), "", 1));
    return std::move(root.get_object());
}

std::string mismatch(const json::object& pattern, const json::object& event) {
    return mismatch_at(pattern, &event, "");
}

}  // namespace mayfly::catalog
