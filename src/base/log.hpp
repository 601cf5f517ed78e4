// The platform's own log: one line an event on stderr, with time, level and words. Functions'
// output goes elsewhere (workers/log_book.hpp). Any thread; a line is written whole.
#pragma once

#include <fmt/format.h>

#include <string_view>

namespace mayfly {

enum class Level { debug, info, warn, error };

// Handed to parts by their constructor; a Log with a higher threshold says less.
class Log {
public:
    explicit Log(Level threshold = Level::info) : threshold_(threshold) {}

    template <class... Args>
    void info(fmt::format_string<Args...> text, Args&&... args) const {
        write(Level::info, fmt::format(text, std::forward<Args>(args)...));
    }
    template <class... Args>
    void warn(fmt::format_string<Args...> text, Args&&... args) const {
        write(Level::warn, fmt::format(text, std::forward<Args>(args)...));
    }
    template <class... Args>
    void error(fmt::format_string<Args...> text, Args&&... args) const {
        write(Level::error, fmt::format(text, std::forward<Args>(args)...));
    }
    template <class... Args>
    void debug(fmt::format_string<Args...> text, Args&&... args) const {
        if (threshold_ == Level::debug)
            write(Level::debug, fmt::format(text, std::forward<Args>(args)...));
    }

private:
    void write(Level level, std::string_view text) const;

    Level threshold_;
};

}  // namespace mayfly
