// A JSON object read the way FC reads one: keys without case, null is absent.
#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly {

// A view: the object outlives it. Each reader gives nothing for an absent field, and invalid
// (InvalidArgument, naming the field) for one of another type.
class Fields {
public:
    explicit Fields(const boost::json::object& object, std::string_view path = {})
        : object_(&object), path_(path) {}

    Result<std::optional<std::string>> text(std::string_view name) const;
    Result<std::optional<std::int64_t>> integer(std::string_view name) const;
    Result<std::optional<bool>> boolean(std::string_view name) const;
    Result<std::optional<Fields>> object(std::string_view name) const;
    Result<std::optional<std::map<std::string, std::string>>> texts(std::string_view name) const;
    Result<std::optional<std::vector<std::string>>> list(
        std::string_view name) const;  // of strings

    std::string as_json() const;  // the whole object

    // True for null, "", [], {}, absent: an empty shell.
    bool is_blank(std::string_view name) const;

private:
    const boost::json::value* find(std::string_view name) const;
    Failure wrong(std::string_view name, std::string_view expected) const;

    const boost::json::object* object_;
    std::string path_;  // "code." inside of code, for messages
};

}  // namespace mayfly
