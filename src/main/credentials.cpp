#include "main/credentials.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly {

namespace json = boost::json;

namespace {

constexpr const char* kDefaultAccount = "1000000000000001";

std::string value_of(const Environment& environment, const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? "" : found->second;
}

Result<std::string> secret_of(const Environment& environment) {
    if (auto secret = value_of(environment, "MAYFLY_ACCESS_KEY_SECRET"); !secret.empty())
        return secret;
    const auto file = value_of(environment, "MAYFLY_ACCESS_KEY_SECRET_FILE");
    if (file.empty()) return "";
    TRY(const auto text, read_file(file));
    return std::string(trim(text));
}

Result<auth::AccessKey> parse(const std::string& text, const std::filesystem::path& file) {
    boost::system::error_code error;
    const auto value = json::parse(text, error);
    const auto* object = error ? nullptr : value.if_object();
    const auto field = [&](const char* name) {
        const auto* found = object ? object->if_contains(name) : nullptr;
        return found && found->is_string() ? std::string(found->as_string()) : std::string();
    };
    auth::AccessKey key{field("accessKeyId"), field("accessKeySecret"), field("accountId")};
    if (key.id.empty() || key.secret.empty() || key.account.empty())
        return fail(
            Kind::invalid,
            fmt::format("{} is damaged: it must hold accessKeyId, accessKeySecret and accountId; "
                        "move it away to have a new credential made",
                        file.string()));
    return key;
}

}  // namespace

Result<RootCredential> root_credential(const Environment& environment,
                                       const std::filesystem::path& data, Rng& rng) {
    auto account = value_of(environment, "MAYFLY_ACCOUNT_ID");
    const bool account_given = !account.empty();
    if (!account_given) account = kDefaultAccount;
    const auto id = value_of(environment, "MAYFLY_ACCESS_KEY_ID");
    TRY(const auto secret, secret_of(environment));
    if (id.empty() != secret.empty())
        return fail(Kind::invalid,
                    "only half of the root credential is set: MAYFLY_ACCESS_KEY_ID and "
                    "MAYFLY_ACCESS_KEY_SECRET (or _FILE) belong together");
    if (!id.empty()) return RootCredential{.key = {id, secret, account}, .from_environment = true};

    const auto file = data / "credentials.json";
    if (const auto text = read_file(file)) {
        TRY(auto key, parse(*text, file));
        if (account_given) key.account = account;
        return RootCredential{.key = std::move(key)};
    } else if (text.error().kind != Kind::not_found) {
        return Failure(text.error());
    }
    const auth::AccessKey made{"mayfly" + random_hex(rng, 8), random_hex(rng, 16), account};
    TRYV(write_file_durably(file,
                            json::serialize(json::object{{"accessKeyId", made.id},
                                                         {"accessKeySecret", made.secret},
                                                         {"accountId", made.account}}) +
                                "\n",
                            0600));
    return RootCredential{.key = made, .just_made = true};
}

}  // namespace mayfly
