#include "model/call.hpp"

namespace mayfly {

std::string_view to_text(Outcome outcome) {
    switch (outcome) {
        case Outcome::ok: return "ok";
        case Outcome::handled_error: return "handled_error";
        case Outcome::unhandled_error: return "unhandled_error";
        case Outcome::timed_out: return "timed_out";
        case Outcome::died: return "died";
        case Outcome::out_of_memory: return "out_of_memory";
        case Outcome::bad_response: return "bad_response";
        case Outcome::cancelled: return "cancelled";
    }
    return "";
}

}  // namespace mayfly
