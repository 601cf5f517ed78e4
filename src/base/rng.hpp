// Chance comes in by the constructor, like time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace mayfly {

class Rng {
public:
    virtual ~Rng() = default;
    virtual std::uint64_t next() = 0;  // uniform over all 64 bits
};

// Unpredictable: getrandom(2), read 4 KiB at a time. One thread.
class SystemRng final : public Rng {
public:
    std::uint64_t next() override;

private:
    std::uint64_t buffer_[512];
    std::size_t left_ = 0;
};

// Repeatable, for tests and simulations; never for secrets.
class SeededRng final : public Rng {
public:
    explicit SeededRng(std::uint64_t seed) : engine_(seed) {}
    std::uint64_t next() override { return engine_(); }

private:
    std::mt19937_64 engine_;
};

// 2 * bytes lower-case hex digits.
std::string random_hex(Rng& rng, std::size_t bytes);

// RFC 9562 version 4 UUID, 36 characters.
std::string random_uuid(Rng& rng);

}  // namespace mayfly
