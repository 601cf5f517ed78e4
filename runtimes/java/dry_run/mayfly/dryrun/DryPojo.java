package mayfly.dryrun;

import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.PojoRequestHandler;
import java.util.List;
import java.util.Map;

/** The same of a function from an object to an object. */
public final class DryPojo implements PojoRequestHandler<DryPojo.Thing, Map<String, Object>> {
    public static final class Thing {
        public String name;
        public List<Double> numbers;
        private Thing more;

        public Thing getMore() {
            return more;
        }

        public void setMore(Thing more) {
            this.more = more;
        }
    }

    @Override
    public Map<String, Object> handleRequest(Thing thing, Context context) {
        return Map.of("thing", thing, "request", context.getRequestId());
    }
}
