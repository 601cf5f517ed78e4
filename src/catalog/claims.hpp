// Who is changing what: one change at a time of one function, and none of its service meanwhile.
#pragma once

#include "base/result.hpp"

#include <set>
#include <string>
#include <utility>

namespace mayfly::catalog {

// Loop thread. A claim lasts as long as its value lives, across co_await. Outlives its claims.
class Claims {
public:
    class Claim {
    public:
        Claim(Claims& owner, std::string key) : owner_(&owner), key_(std::move(key)) {}
        Claim(Claim&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), key_(std::move(other.key_)) {}
        Claim& operator=(Claim&&) = delete;
        ~Claim() {
            if (owner_) owner_->held_.erase(key_);
        }

    private:
        Claims* owner_;
        std::string key_;
    };

    // conflict (ConcurrentUpdateError): it, or what it belongs to, is being changed.
    Result<Claim> service(const std::string& account, const std::string& service) {
        const auto key = account + '/' + service + '/';
        const auto first = held_.lower_bound(key);  // itself or one of its functions
        if (first != held_.end() && first->starts_with(key)) return refusal(service);
        return take(key);
    }
    Result<Claim> function(const std::string& account, const std::string& service,
                           const std::string& function) {
        const auto parent = account + '/' + service + '/';
        const auto key = parent + function;
        if (held_.contains(parent) || held_.contains(key)) return refusal(function);
        return take(key);
    }

private:
    Claim take(const std::string& key) {
        held_.insert(key);
        return Claim(*this, key);
    }
    static Failure refusal(const std::string& name) {
        return fail(Kind::conflict,
                    "'" + name + "' is being changed by another request; retry when that is done",
                    "ConcurrentUpdateError");
    }

    std::set<std::string> held_;
};

}  // namespace mayfly::catalog
