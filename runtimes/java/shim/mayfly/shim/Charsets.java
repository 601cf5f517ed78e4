package mayfly.shim;

import java.util.Locale;

/** The charset that a Content-Type names. */
final class Charsets {
    private static final String NAME = "charset=";

    private Charsets() {}

    /** Null if it names none. */
    static String of(String type) {
        if (type == null) return null;
        for (String part : type.split(";")) {
            String word = part.trim();
            if (word.toLowerCase(Locale.ROOT).startsWith(NAME)) return word.substring(NAME.length()).replace("\"", "");
        }
        return null;
    }
}
