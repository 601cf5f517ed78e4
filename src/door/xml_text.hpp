// Writes XML: elements and text, in order. Pure.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly::door {

// One document. Names are ours; text is escaped, control characters too (as references, since
// XML 1.0 has no other way; clients that care ask for encoding-type=url).
class XmlText {
public:
    // `name_space`: empty for none.
    XmlText(std::string_view root, std::string_view name_space);

    XmlText& open(std::string_view name, std::string_view attributes = {});
    XmlText& close();
    XmlText& add(std::string_view name, std::string_view text);
    XmlText& add(std::string_view name, const char* text) {
        return add(name, std::string_view(text));
    }
    XmlText& add(std::string_view name, std::integral auto number) {
        if constexpr (std::same_as<decltype(number), bool>)
            return add(name, std::string_view(number ? "true" : "false"));
        else return add(name, std::string_view(std::to_string(number)));
    }
    std::string end();  // closes what is open

private:
    std::string out_;
    std::vector<std::string> open_;
};

}  // namespace mayfly::door
