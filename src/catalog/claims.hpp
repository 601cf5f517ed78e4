// Who is changing what: one change at a time of one function, and none of its service meanwhile.
#pragma once

#include "base/result.hpp"

#include <memory>
#include <set>
#include <string>
#include <utility>

namespace mayfly::catalog {

// Loop thread. A claim lasts as long as its value lives, across co_await; it may outlive the
// Claims, as a coroutine may that is dropped when the loop ends.
class Claims {
    using Held = std::set<std::string>;

public:
    class Claim {
    public:
        Claim(std::shared_ptr<Held> held, std::string key)
            : held_(std::move(held)), key_(std::move(key)) {
            held_->insert(key_);
        }
        Claim(Claim&&) = default;  // leaves held_ null behind
        Claim& operator=(Claim&&) = delete;
        ~Claim() {
            if (held_) held_->erase(key_);
        }

    private:
        std::shared_ptr<Held> held_;
        std::string key_;
    };

    // conflict (ConcurrentUpdateError): it, or what it belongs to, is being changed.
    Result<Claim> service(const std::string& account, const std::string& service) {
        const auto key = account + '/' + service + '/';
        const auto first = held_->lower_bound(key);  // itself or one of its functions
        if (first != held_->end() && first->starts_with(key)) return refusal(service);
        return Claim(held_, key);
    }
    Result<Claim> function(const std::string& account, const std::string& service,
                           const std::string& function) {
        const auto parent = account + '/' + service + '/';
        const auto key = parent + function;
        if (held_->contains(parent) || held_->contains(key)) return refusal(function);
        return Claim(held_, key);
    }

private:
    static Failure refusal(const std::string& name) {
        return fail(Kind::conflict,
                    "'" + name + "' is being changed by another request; retry when that is done",
                    "ConcurrentUpdateError");
    }

    std::shared_ptr<Held> held_ = std::make_shared<Held>();
};

}  // namespace mayfly::catalog
