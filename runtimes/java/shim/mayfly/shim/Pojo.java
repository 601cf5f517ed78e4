package mayfly.shim;

import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.PojoRequestHandler;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.type.TypeFactory;

/** Calls a function from an object to an object, of the types that its class names. */
final class Pojo {
    /** Remembers the types it has met: made for each function anew. */
    private final ObjectMapper mapper = new ObjectMapper()
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS);

    private final PojoRequestHandler<Object, Object> handler;
    private final ObjectReader reader;

    @SuppressWarnings("unchecked")
    Pojo(PojoRequestHandler<?, ?> handler) {
        this.handler = (PojoRequestHandler<Object, Object>) handler;
        TypeFactory types = mapper.getTypeFactory().withClassLoader(handler.getClass().getClassLoader());
        JavaType[] named = types.findTypeParameters(types.constructType(handler.getClass()), PojoRequestHandler.class);
        reader = mapper.readerFor(named == null || named.length == 0 ? TypeFactory.unknownType() : named[0]);
    }

    /** No event is no object. */
    byte[] answer(byte[] event, Context context) throws Throwable {
        Object input = event.length == 0 ? null : reader.readValue(event);
        return mapper.writeValueAsBytes(handler.handleRequest(input, context));
    }
}
