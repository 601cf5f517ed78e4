package mayfly.shim;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON as maps, lists and plain values. A worker by plain exec loads no more of the library than this. */
final class Json {
    static final JsonFactory FACTORY = new JsonFactory();

    private Json() {}

    /** An object; anything else is an error. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> object(byte[] bytes, int from, int size) throws IOException {
        try (JsonParser parser = FACTORY.createParser(bytes, from, size)) {
            parser.nextToken();
            return (Map<String, Object>) value(parser);
        }
    }

    private static Object value(JsonParser parser) throws IOException {
        switch (parser.currentToken()) {
            case START_OBJECT:
                Map<String, Object> members = new LinkedHashMap<String, Object>();
                for (String name; (name = parser.nextFieldName()) != null; ) {
                    parser.nextToken();
                    members.put(name, value(parser));
                }
                return members;
            case START_ARRAY:
                List<Object> elements = new ArrayList<Object>();
                while (parser.nextToken() != JsonToken.END_ARRAY) elements.add(value(parser));
                return elements;
            case VALUE_STRING: return parser.getText();
            case VALUE_NUMBER_INT: return parser.getIntValue();
            case VALUE_TRUE: return true;
            case VALUE_FALSE: return false;
            default: return null;
        }
    }

    /** Strings, numbers, lists of them and objects with such members. */
    static void write(JsonGenerator out, Object value) throws IOException {
        if (value instanceof Map) {
            out.writeStartObject();
            for (Map.Entry<?, ?> member : ((Map<?, ?>) value).entrySet()) {
                out.writeFieldName((String) member.getKey());
                write(out, member.getValue());
            }
            out.writeEndObject();
        } else if (value instanceof List) {
            out.writeStartArray();
            for (Object element : (List<?>) value) write(out, element);
            out.writeEndArray();
        } else if (value instanceof Integer) {
            out.writeNumber((Integer) value);
        } else {
            out.writeString((String) value);
        }
    }
}
