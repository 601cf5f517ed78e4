package mayfly.shim;

import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.HttpRequestHandler;
import com.aliyun.fc.runtime.PojoRequestHandler;
import com.aliyun.fc.runtime.StreamRequestHandler;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;

/** A function's object, called in the way of the interface that it implements. */
final class Handler {
    private final Object object;
    private final String name;
    private final Pojo pojo; // null for the other kinds

    Handler(Object object, String name) {
        this.object = object;
        this.name = name;
        pojo = object instanceof PojoRequestHandler ? new Pojo((PojoRequestHandler<?, ?>) object) : null;
    }

    /** The payload of the answer; nothing if it was sent in `parts`. `body`: of a request that is not all here; else null. */
    byte[] answer(Call call, Context context, Parts parts, Body body) throws Throwable {
        if (call.http != null) return answerHttp(call, context, parts, body);
        if (pojo != null) return pojo.answer(call.event, context);
        if (object instanceof StreamRequestHandler) {
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            ((StreamRequestHandler) object).handleRequest(new ByteArrayInputStream(call.event), output, context);
            return output.toByteArray();
        }
        throw unfit("StreamRequestHandler nor PojoRequestHandler");
    }

    private byte[] answerHttp(Call call, Context context, Parts parts, Body body) throws Throwable {
        if (!(object instanceof HttpRequestHandler)) throw unfit("HttpRequestHandler");
        return Http.answer((HttpRequestHandler) object, call, context, parts, body);
    }

    private ClassCastException unfit(String wanted) {
        return new ClassCastException("'" + name + "' implements no " + wanted + " of com.aliyun.fc.runtime");
    }
}
