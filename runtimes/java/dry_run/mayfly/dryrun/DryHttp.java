package mayfly.dryrun;

import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.HttpRequestHandler;
import java.io.IOException;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** The same of a function that answers HTTP. */
public final class DryHttp implements HttpRequestHandler {
    @Override
    public void handleRequest(HttpServletRequest request, HttpServletResponse response, Context context) throws IOException {
        response.setContentType("text/plain;charset=UTF-8");
        response.getWriter().print(request.getMethod() + request.getParameter("x") + request.getReader().readLine());
    }
}
