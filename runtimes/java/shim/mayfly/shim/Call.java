package mayfly.shim;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;

/** The payload of a call. */
final class Call {
    final String requestId;
    final Map<String, Object> about; // what is not the usual
    final Map<?, ?> http; // what the request was, of a call that came over HTTP; else null
    final byte[] event;

    Call(byte[] payload) throws IOException {
        int idEnd = 1 + (payload[0] & 0xff);
        int size = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).getInt(idEnd);
        int body = idEnd + 4 + size;
        requestId = new String(payload, 1, idEnd - 1, StandardCharsets.ISO_8859_1);
        about = size == 0 ? Collections.<String, Object>emptyMap() : Json.object(payload, idEnd + 4, size);
        http = (Map<?, ?>) about.get("http");
        event = Arrays.copyOfRange(payload, body, payload.length);
    }
}
