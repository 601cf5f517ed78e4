// Whether clients that wait for an answer are still there (docs/decisions/0041).
#pragma once

#include "model/call.hpp"

#include <string_view>
#include <vector>

namespace mayfly::door {

// A client that has closed its side may have gone: it is asked by what says nothing. Before the
// answer by an interim one (RFC 9110, 15.2), between two chunks by a zero before the next one's
// size.
inline constexpr std::string_view ask_by_interim = "HTTP/1.1 102 Processing\r\n\r\n",
                                  ask_by_zero = "0";

// One that waits.
struct Waiting {
    int socket = -1;
    CallerGone* gone = nullptr;   // taken once it is gone
    bool* asked = nullptr;        // whether it was
    std::string_view question{};  // how it is asked; empty while something is being sent
};

// Asks those that may have gone, and gives those that have: one that is gone resets the connection.
std::vector<CallerGone> callers_gone(const std::vector<Waiting>& waiting);

}  // namespace mayfly::door
