// Access keys: who may sign.
#pragma once

#include "auth/signing_keys.hpp"
#include "model/function.hpp"

#include <string>
#include <string_view>
#include <unordered_map>

namespace mayfly::auth {

struct AccessKey {
    std::string id;
    std::string secret;
    AccountId account;
};

// Looked up by id, at once. A plain value; the door holds one and main replaces it when keys
// change.
class KeyRing {
public:
    void add(AccessKey key) {
        auto id = key.id;
        keys_.insert_or_assign(std::move(id), std::move(key));
    }
    void remove(std::string_view id) {
        if (const auto at = keys_.find(id); at != keys_.end()) keys_.erase(at);
    }

    // Null if there is none. Valid until the next add or remove.
    const AccessKey* find(std::string_view id) const {
        const auto at = keys_.find(id);
        return at == keys_.end() ? nullptr : &at->second;
    }

    // Some key of the account, for URLs the platform signs on its behalf; null if it has none.
    const AccessKey* any_of(std::string_view account) const {
        for (const auto& [id, key] : keys_)
            if (key.account == account) return &key;
        return nullptr;
    }

    // The account that every key is of; empty if there are several, or no key.
    std::string_view only_account() const {
        if (keys_.empty()) return {};
        const std::string_view first = keys_.begin()->second.account;
        for (const auto& [id, key] : keys_)
            if (key.account != first) return {};
        return first;
    }

    // What V4 schemes derive from secrets, remembered. One thread.
    SigningKeys& signing_keys() const { return signing_keys_; }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    std::unordered_map<std::string, AccessKey, Hash, std::equal_to<>> keys_;
    mutable SigningKeys signing_keys_;
};

}  // namespace mayfly::auth
