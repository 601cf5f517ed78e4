// multipart/form-data (RFC 7578) with one file as its last part that counts: fields are kept, the
// file's bytes are handed on as they come. Pure.
#pragma once

#include "auth/form_policy.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mayfly::door {

// "…" of "multipart/form-data; boundary=…", quoted or not. invalid (MalformedPOSTRequest): it is of
// another kind, or has no boundary of 1 to 70 characters.
Result<std::string> form_boundary(std::string_view content_type);

class FormData {
public:
    explicit FormData(std::string_view boundary);

    // Takes more bytes; those of the file are added to `file`.
    // invalid (MalformedPOSTRequest): it is no such form; a field comes twice.
    // invalid (MaxPostPreDataLengthExceeded): over 20 KB before the file, or 100 fields.
    Result<void> add(std::string_view bytes, std::string& file);

    // The part named "file" has begun: the fields are all there. What comes behind it is dropped.
    bool file_begun() const { return state_ == State::file || state_ == State::over; }
    bool file_ended() const { return state_ == State::over; }

    const auth::FormFields& fields() const { return fields_; }
    const std::string& file_name() const { return file_name_; }  // without folders before it
    const std::string& file_type() const { return file_type_; }  // its Content-Type, if it has one

private:
    enum class State { before, mark, head, field, file, over };
    std::optional<std::string_view> up_to_mark();
    Result<bool> step(std::string& file);
    Result<void> read_head(std::string_view head);

    const std::string mark_;  // CRLF -- boundary
    State state_ = State::before;
    std::string open_ = "\r\n";  // what was not taken yet; so the first mark is as the others
    std::size_t searched_ = 0;   // no mark begins before it
    std::size_t before_file_ = 0;
    auth::FormFields fields_;
    std::string name_, file_name_, file_type_;
};

}  // namespace mayfly::door
