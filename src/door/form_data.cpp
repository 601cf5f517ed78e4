#include "door/form_data.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::door {

namespace {

constexpr std::size_t kBeforeFileMax = 20 * 1024;  // S3's limit
constexpr std::size_t kFieldsMax = 100;

Failure malformed(std::string what) {
    return fail(Kind::invalid, "the body is no multipart/form-data: " + std::move(what),
                "MalformedPOSTRequest");
}

// The parameter of a header value such as form-data; name="a\"b"; nothing if it is not there.
std::optional<std::string> parameter(std::string_view value, std::string_view wanted) {
    auto at = value.find(';');
    while (at != value.npos) {
        value = trim(value.substr(at + 1));
        const auto equals = value.find_first_of("=;");
        if (equals == value.npos || value[equals] == ';') {
            at = equals;
            continue;
        }
        const auto name = trim(value.substr(0, equals));
        value = value.substr(equals + 1);
        std::string text;
        std::size_t end = 0;
        if (value.starts_with('"')) {
            for (end = 1; end < value.size() && value[end] != '"'; ++end) {
                // A quote is escaped; a backslash otherwise is one, for file names of Windows.
                if (value[end] == '\\' && value.substr(end + 1).starts_with('"')) ++end;
                text += value[end];
            }
        } else {
            end = std::min(value.find(';'), value.size());
            text = trim(value.substr(0, end));
        }
        if (iequals(name, wanted)) return text;
        at = value.find(';', end);
    }
    return std::nullopt;
}

}  // namespace

Result<std::string> form_boundary(std::string_view content_type) {
    const auto kind = trim(content_type.substr(0, content_type.find(';')));
    const auto boundary = parameter(content_type, "boundary");
    if (!iequals(kind, "multipart/form-data")) return malformed("its Content-Type is another");
    if (!boundary || boundary->empty() || boundary->size() > 70)
        return malformed("its Content-Type has no boundary of 1 to 70 characters");
    return *boundary;
}

FormData::FormData(std::string_view boundary) : mark_("\r\n--" + std::string(boundary)) {}

// What stands before the next mark, which is taken with it; nothing if there is none yet.
std::optional<std::string_view> FormData::up_to_mark() {
    const auto at = open_.find(mark_, searched_);
    if (at != open_.npos) return std::string_view(open_).substr(0, at);
    searched_ = open_.size() < mark_.size() ? 0 : open_.size() - mark_.size() + 1;
    return std::nullopt;
}

Result<void> FormData::read_head(std::string_view head) {
    std::string disposition, type;
    while (!head.empty()) {
        const auto end = std::min(head.find("\r\n"), head.size());
        const auto line = head.substr(0, end);
        head.remove_prefix(std::min(end + 2, head.size()));
        const auto colon = line.find(':');
        if (colon == line.npos) return malformed("a part has a header line without a colon");
        const auto name = trim(line.substr(0, colon)), value = trim(line.substr(colon + 1));
        if (iequals(name, "Content-Disposition")) disposition = value;
        if (iequals(name, "Content-Type")) type = value;
    }
    const auto name = parameter(disposition, "name");
    if (!name) return malformed("a part has no name in its Content-Disposition");
    name_ = *name;
    if (!iequals(name_, "file")) {
        if (std::ranges::any_of(fields_, [&](const auto& f) { return iequals(f.first, name_); }))
            return malformed(fmt::format("the field '{}' comes twice", name_.substr(0, 100)));
        if (fields_.size() >= kFieldsMax)
            return fail(Kind::invalid, fmt::format("a form has {} fields at most", kFieldsMax),
                        "MaxPostPreDataLengthExceeded");
        state_ = State::field;
        return {};
    }
    file_name_ = parameter(disposition, "filename").value_or("");
    if (const auto folder = file_name_.find_last_of("/\\"); folder != file_name_.npos)
        file_name_.erase(0, folder + 1);
    file_type_ = type;
    state_ = State::file;
    return {};
}

// False: it needs more bytes.
Result<bool> FormData::step(std::string& file) {
    const auto take = [&, before = !file_begun()](std::size_t n) {
        open_.erase(0, n);
        searched_ = 0;
        if (before) before_file_ += n;
    };
    switch (state_) {
        case State::before:
        case State::field: {
            const auto found = up_to_mark();
            if (!found) return false;
            if (state_ == State::field) fields_.emplace_back(name_, *found);
            take(found->size() + mark_.size());
            state_ = State::mark;
            return true;
        }
        case State::mark:
            if (open_.size() < 2) return false;
            if (open_.starts_with("--")) return malformed("it has no part named 'file'");
            if (!open_.starts_with("\r\n"))
                return malformed("something stands behind a boundary on its line");
            take(2);
            state_ = State::head;
            return true;
        case State::head: {
            const auto end = open_.find("\r\n\r\n");
            if (end == open_.npos) return false;
            TRYV(read_head(std::string_view(open_).substr(0, end)));
            take(end + 4);
            return true;
        }
        case State::file: {
            const auto found = up_to_mark();
            const auto sure = found ? found->size() : searched_;
            file.append(open_, 0, sure);
            take(sure);
            if (found) state_ = State::over;
            return found.has_value();
        }
        case State::over: open_.clear(); return false;
    }
    return false;
}

Result<void> FormData::add(std::string_view bytes, std::string& file) {
    if (state_ == State::over) return {};
    open_ += bytes;
    for (;;) {
        TRY(const bool more, step(file));
        if (!more) break;
    }
    if (before_file_ + (file_begun() ? 0 : open_.size()) > kBeforeFileMax)
        return fail(Kind::invalid, "a form has 20 KB at most before its file",
                    "MaxPostPreDataLengthExceeded");
    return {};
}

}  // namespace mayfly::door
