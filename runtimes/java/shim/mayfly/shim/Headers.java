package mayfly.shim;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Headers of a message, in their order; names in any case. */
final class Headers {
    private static final class Entry {
        final String name; // as it was first given
        final List<String> values = new ArrayList<String>();

        Entry(String name) {
            this.name = name;
        }
    }

    private final Map<String, Entry> entries = new LinkedHashMap<String, Entry>(); // by the name in lower case

    private static String key(String name) {
        return name.toLowerCase(java.util.Locale.ROOT);
    }

    void add(String name, String value) {
        Entry entry = entries.get(key(name));
        if (entry == null) entries.put(key(name), entry = new Entry(name));
        entry.values.add(value);
    }

    void set(String name, String value) {
        entries.remove(key(name));
        if (value != null) add(name, value);
    }

    /** The first of that name, or null. */
    String get(String name) {
        Entry entry = entries.get(key(name));
        return entry == null ? null : entry.values.get(0);
    }

    List<String> all(String name) {
        Entry entry = entries.get(key(name));
        return entry == null ? new ArrayList<String>() : new ArrayList<String>(entry.values);
    }

    Collection<String> names() {
        List<String> names = new ArrayList<String>();
        for (Entry entry : entries.values()) names.add(entry.name);
        return names;
    }

    void clear() {
        entries.clear();
    }

    /** As the protocol has them: pairs of name and value. */
    List<Object> pairs() {
        List<Object> pairs = new ArrayList<Object>();
        for (Entry entry : entries.values())
            for (String value : entry.values) pairs.add(Arrays.asList(entry.name, value));
        return pairs;
    }

    static String date(long millis) {
        return DateTimeFormatter.RFC_1123_DATE_TIME.format(Instant.ofEpochMilli(millis).atZone(ZoneOffset.UTC));
    }

    static long millis(String date) {
        return ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant().toEpochMilli();
    }
}
