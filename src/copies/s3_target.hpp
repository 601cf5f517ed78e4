// A bucket of any store that speaks S3, as the place of copies: addressed by path, signed with V4.
#pragma once

#include "auth/keys.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "objects/body_reader.hpp"
#include "objects/types.hpp"

#include <string>
#include <string_view>

namespace mayfly::copies {

// One put of S3 holds so much; a larger object is not copied.
inline constexpr std::uint64_t put_bytes_max = 5ull << 30;

struct TargetOptions {
    std::string url;  // "https://HOST[:PORT]/BUCKET[/PREFIX]"
    auth::AccessKey key;
    std::string region = "us-east-1";
};

// Any thread.
class S3Target {
public:
    // invalid: the URL is not of that form, or there is no key.
    static Result<S3Target> from(TargetOptions options);

    // Block. unavailable, timed_out: later, perhaps; denied, failed: what the store answered.
    Result<void> put(const std::string& name, const objects::Object& object,
                     objects::BodyReader& body, WallTime now) const;
    Result<void> remove(const std::string& name, WallTime now) const;

    std::string text() const { return origin_ + path_; }  // to tell one target from another

private:
    struct Request;
    Result<void> send(const Request& request, objects::BodyReader* body, WallTime now) const;

    std::string origin_, path_;  // "http://HOST:PORT", "/BUCKET/PREFIX/"
    auth::AccessKey key_;
    std::string region_;
};

}  // namespace mayfly::copies
