#include "model/language.hpp"

#include <algorithm>

namespace mayfly {

namespace {

constexpr Runtime kRuntimes[] = {{"python2.7", {}},
                                 {"python3", Language::python},
                                 {"python3.9", Language::python},
                                 {"python3.10", Language::python},
                                 {"python3.12", Language::python},
                                 {"nodejs4.4", {}},
                                 {"nodejs6", {}},
                                 {"nodejs8", {}},
                                 {"nodejs10", {}},
                                 {"nodejs12", Language::nodejs},
                                 {"nodejs14", Language::nodejs},
                                 {"nodejs16", Language::nodejs},
                                 {"nodejs18", Language::nodejs},
                                 {"nodejs20", Language::nodejs},
                                 {"java8", Language::java},
                                 {"java11", Language::java},
                                 {"java17", Language::java},
                                 {"go1", {}},
                                 {"php7.2", {}},
                                 {"dotnetcore2.1", {}},
                                 {"dotnetcore3.1", {}},
                                 {"custom", Language::custom},
                                 {"custom.debian10", Language::custom},
                                 {"custom.debian11", Language::custom},
                                 {"custom.debian12", Language::custom},
                                 {"custom-container", {}}};

}  // namespace

std::string_view to_text(Language language) {
    switch (language) {
        case Language::python: return "python";
        case Language::nodejs: return "nodejs";
        case Language::java: return "java";
        case Language::custom: return "custom";
    }
    return "";
}

std::span<const Runtime> runtimes() { return kRuntimes; }

std::optional<Language> language_of(std::string_view runtime) {
    const auto found = std::ranges::find(kRuntimes, runtime, &Runtime::name);
    return found == std::end(kRuntimes) ? std::nullopt : found->language;
}

}  // namespace mayfly
