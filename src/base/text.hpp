// Small pure functions on text and bytes: encodings, splitting, sizes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly {

std::string hex(std::string_view bytes);                       // lower case
std::optional<std::string> hex_decode(std::string_view text);  // of either case

// RFC 4648 base64 with padding.
std::string base64(std::string_view bytes);

// Nothing if the text is not base64 (RFC 4648 alphabet; padding required; ASCII white space
// ignored).
std::optional<std::string> base64_decode(std::string_view text);

// Percent-decoding of RFC 3986; `plus_is_space` for query strings. A broken escape stays as it is.
std::string percent_decode(std::string_view text, bool plus_is_space = false);

// Percent-encoding of RFC 3986: all but A-Z a-z 0-9 - _ . ~ is escaped.
std::string percent_encode(std::string_view text);

// Whether decoding the text and encoding it again, but for the bytes of `also_plain`, would change
// nothing: as most of what clients send is.
bool is_percent_encoded(std::string_view text, std::string_view also_plain = "");

std::vector<std::string_view> split(std::string_view text, char at);  // "" gives one empty part
std::string_view trim(std::string_view text);          // ASCII white space, both ends
std::string lower(std::string_view text);              // ASCII only
bool iequals(std::string_view a, std::string_view b);  // ASCII only

bool is_utf8(std::string_view text);  // RFC 3629: no surrogate, nothing overlong

// "ada@example.com": one '@' with something on both sides, 254 printable ASCII characters at most,
// none of them one that separates addresses or quotes.
bool is_mail_address(std::string_view text);

// Compares without telling by its time where two secrets differ. Different lengths are unequal.
bool equal_in_constant_time(std::string_view a, std::string_view b);

// The whole text as a decimal number; nothing if it is anything else or does not fit.
std::optional<std::int64_t> parse_int(std::string_view text);

// The candidate nearest to `word` by edit distance, at most a third of its length away ("did you
// mean").
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

}  // namespace mayfly
