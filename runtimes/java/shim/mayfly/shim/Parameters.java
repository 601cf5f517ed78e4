package mayfly.shim;

import java.io.UnsupportedEncodingException;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The parameters of a request: those of its query, then those of its form. */
final class Parameters {
    private final Map<String, List<String>> values = new LinkedHashMap<String, List<String>>();

    /** `text` as in application/x-www-form-urlencoded. */
    void add(String text) throws UnsupportedEncodingException {
        for (String pair : text.split("&")) {
            if (pair.isEmpty()) continue;
            int end = pair.indexOf('=');
            String name = URLDecoder.decode(end < 0 ? pair : pair.substring(0, end), "UTF-8");
            List<String> known = values.get(name);
            if (known == null) values.put(name, known = new ArrayList<String>());
            known.add(end < 0 ? "" : URLDecoder.decode(pair.substring(end + 1), "UTF-8"));
        }
    }

    Map<String, String[]> all() {
        Map<String, String[]> all = new LinkedHashMap<String, String[]>();
        for (Map.Entry<String, List<String>> entry : values.entrySet())
            all.put(entry.getKey(), entry.getValue().toArray(new String[0]));
        return all;
    }
}
