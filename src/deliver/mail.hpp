// A mail as a function answers it, and as it is written. Pure.
//
//   {"to": "ada@example.com", "subject": "Welcome", "text": "Hello Ada", "html": "<p>…</p>"}
//
// "to" may be a list; "html" may be left out, or "text" if there is html. Whom it is from is the
// operator's affair.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mayfly::deliver {

struct Mail {
    std::vector<std::string> to;  // 1 to kRecipientsMax addresses
    std::string subject;
    std::string text, html;  // one of them may be empty
};

inline constexpr std::size_t kRecipientsMax = 50;
inline constexpr std::size_t kSubjectBytesMax = 500;

// invalid: no such object; the sentence names the field and what is allowed.
Result<Mail> read_mail(std::string_view json);

// The lines above the body (RFC 5322), each without its end. `id` is the event's: a mail that is
// sent twice because an answer was lost has the same Message-ID, so that whoever reads it can tell.
std::vector<std::string> mail_headers(const Mail& mail, const std::string& from,
                                      const std::string& id, WallTime now);

// "=?UTF-8?B?…?=" (RFC 2047) for what is not ASCII, folded; else the text as it is.
std::string encoded_words(std::string_view text);

// The address of "Mayfly <no-reply@example.com>" or of a bare one; empty if there is none.
std::string_view address_of(std::string_view from);

}  // namespace mayfly::deliver
