// The languages a function can be written in, and what FC's runtime names mean here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace mayfly {

enum class Language : std::uint8_t { python, nodejs, java, custom };
inline constexpr Language kLanguages[] = {Language::python, Language::nodejs, Language::java,
                                          Language::custom};

// "python", "nodejs", "java", "custom".
std::string_view to_text(Language language);

// One runtime name of FC (facts: "Functions", runtimes). One that has or had it and this build
// cannot run has no language.
struct Runtime {
    std::string_view name;
    std::optional<Language> language;
};

// Every name known, those of one language together, the oldest first.
std::span<const Runtime> runtimes();

// Nothing for a name that is unknown or cannot run.
std::optional<Language> language_of(std::string_view runtime);

}  // namespace mayfly
