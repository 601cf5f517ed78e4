package mayfly.shim;

import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.HttpRequestHandler;
import java.io.IOException;

/** Calls a function that answers HTTP. Apart from Handler, which would load the servlets' classes with it. */
final class Http {
    private Http() {}

    static byte[] answer(HttpRequestHandler handler, Call call, Context context, Parts parts, Body body) throws Throwable {
        HttpAnswer answer = new HttpAnswer(parts);
        try {
            HttpRequest request = body == null ? new HttpRequest(call.http, call.event) : new HttpRequest(call.http, body);
            handler.handleRequest(request, answer, context);
            return answer.payload();
        } catch (IOException failed) {
            if (parts == null || parts.isRead()) throw failed;
            return new byte[0];
        }
    }
}
