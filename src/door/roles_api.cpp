#include "door/roles_api.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::door {

namespace json = boost::json;

namespace {

constexpr std::string_view kPath = "/mayfly/v1/roles";

json::object to_json(const auth::Roles::All::value_type& role) {
    const auto& [who, policy] = role;
    return {{"name", who.second},
            {"arn", fmt::format("acs:ram::{}:role/{}", who.first, who.second)},
            {"policy", json::parse(policy.text())}};
}

Response as_json(const json::object& body) {
    Response response{.body = json::serialize(body) + "\n"};
    response.headers.add("Content-Type", "application/json");
    return response;
}

}  // namespace

RolesApi::RolesApi(auth::Roles roles, std::filesystem::path file, io::BlockingPool& pool)
    : roles_(std::move(roles)), file_(std::move(file)), pool_(pool) {}

bool RolesApi::takes(std::string_view path) {
    return path == kPath || (path.starts_with(kPath) && path[kPath.size()] == '/');
}

Task<Result<Response>> RolesApi::answer(const Request& request, AccountId caller) {
    if (request.method == "GET" && request.path == kPath) {
        json::array all;
        for (const auto& role : roles_.all())
            if (role.first.first == caller) all.push_back(to_json(role));
        co_return as_json({{"roles", std::move(all)}});
    }
    const auto name = request.path.size() > kPath.size() + 1
                          ? percent_decode(request.path.substr(kPath.size() + 1))
                          : std::string();
    auto next = roles_;
    if (request.method == "PUT" && !name.empty()) {
        CO_TRY(auto policy, auth::RolePolicy::read(request.body));
        CO_TRYV(next.put(caller, name, std::move(policy)));
        CO_TRYV(co_await save(std::move(next)));
        co_return as_json(to_json(*roles_.all().find({caller, name})));
    }
    if (request.method == "DELETE" && !name.empty()) {
        if (!next.remove(caller, name))
            co_return fail(Kind::not_found,
                           fmt::format("the role '{}' has no policy here", name.substr(0, 100)),
                           "RoleNotFound");
        CO_TRYV(co_await save(std::move(next)));
        co_return as_json({});
    }
    co_return fail(Kind::invalid,
                   fmt::format("{} {} is not served; GET roles, PUT and DELETE roles/NAME are",
                               request.method, request.path),
                   "PathNotSupported");
}

// The file first, then whoever heeds it.
Task<Result<void>> RolesApi::save(auth::Roles next) {
    if (saving_)
        co_return fail(Kind::conflict,
                       "another change of the roles is being written; retry when it is done",
                       "ConcurrentUpdateError");
    saving_ = true;
    const auto written = co_await io::blocking(pool_, [file = file_, text = next.to_text()] {
        return write_file_durably(file, text, 0600);
    });
    saving_ = false;
    CO_TRYV(written);
    roles_ = std::move(next);
    co_return Result<void>();
}

}  // namespace mayfly::door
