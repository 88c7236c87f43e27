import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/**
 * Load on ZooKeeper by its own Java client, asynchronously, over a few sessions with one server:
 *
 * <pre>java -cp ... ZooKeeperLoad.java HOST:PORT IN_FLIGHT SIZE SECONDS WARM_UP      -> a Sample of `quorate bench`, as JSON</pre>
 */
public class ZooKeeperLoad {
    static final int SESSIONS = 8;
    static final int BUCKETS_AN_OCTAVE = 8;
    static long begin, end;
    static byte[] value;

    /** One caller: its next call begins where the last one has ended. */
    static class Caller {
        final ZooKeeper session;
        final String path;
        final CountDownLatch over;
        final List<Long> latencies = new ArrayList<>();
        long before;

        Caller(ZooKeeper session, String path, CountDownLatch over) {
            this.session = session;
            this.path = path;
            this.over = over;
        }

        void call() {
            before = System.nanoTime();
            session.setData(path, value, -1, (code, where, context, stat) -> ended(code), null);
        }

        void ended(int code) {
            if (code != KeeperException.Code.OK.intValue()) {
                fail(KeeperException.Code.get(code).toString());
            }
            long after = System.nanoTime();
            if (after >= begin) {
                latencies.add(after - before);
            }
            if (after < end) {
                call();
            } else {
                over.countDown();
            }
        }
    }

    static void fail(String why) {
        System.err.println("ZooKeeper answered " + why);
        System.exit(1);
    }

    static ZooKeeper connect(String address) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper session = new ZooKeeper(address, 30_000, event -> {
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        if (!connected.await(30, TimeUnit.SECONDS)) {
            fail("nothing within 30 s");
        }
        return session;
    }

    static String nodeOf(ZooKeeper session, int number) throws Exception {
        String path = "/bench-" + number;
        try {
            session.create(path, value, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        } catch (KeeperException.NodeExistsException known) {
            // from an earlier run
        }
        return path;
    }

    public static void main(String[] words) throws Exception {
        int inFlight = Integer.parseInt(words[1]);
        value = new byte[Integer.parseInt(words[2])];
        double seconds = Double.parseDouble(words[3]), warmUp = Double.parseDouble(words[4]);
        CountDownLatch over = new CountDownLatch(inFlight);
        List<ZooKeeper> sessions = new ArrayList<>();
        List<Caller> callers = new ArrayList<>();
        for (int number = 0; number < Math.min(SESSIONS, inFlight); number++) {
            sessions.add(connect(words[0]));
        }
        for (int number = 0; number < inFlight; number++) {
            ZooKeeper session = sessions.get(number % sessions.size());
            callers.add(new Caller(session, nodeOf(session, number % sessions.size()), over));
        }
        begin = System.nanoTime() + (long) (warmUp * 1e9);
        end = begin + (long) (seconds * 1e9);
        callers.forEach(Caller::call);
        over.await();
        for (ZooKeeper session : sessions) {
            session.close();
        }
        // Each caller's last call ended outside of the window, and no other did.
        long[] all = callers.stream().flatMap(caller -> caller.latencies.stream()).mapToLong(Long::longValue).toArray();
        System.out.println(sample(all, (all.length - inFlight) / seconds));
    }

    static String sample(long[] nanos, double perSecond) {
        Arrays.sort(nanos);
        Map<Integer, Integer> buckets = new TreeMap<>();
        for (long each : nanos) {
            double octaves = Math.log(Math.max(each / 1e3, 1)) / Math.log(2);
            buckets.merge((int) Math.floor(octaves * BUCKETS_AN_OCTAVE), 1, Integer::sum);
        }
        String counts = buckets.entrySet().stream()
            .map(entry -> "\"" + entry.getKey() + "\":" + entry.getValue()).collect(Collectors.joining(","));
        return String.format(Locale.ROOT,
            "{\"calls\":%d,\"per_second\":%f,\"p50_ms\":%f,\"p95_ms\":%f,\"p99_ms\":%f,\"max_ms\":%f,\"buckets\":{%s}}",
            nanos.length, perSecond, rank(nanos, 50), rank(nanos, 95), rank(nanos, 99), rank(nanos, 100), counts);
    }

    static double rank(long[] ordered, int percent) {
        return ordered.length == 0 ? 0 : ordered[Math.max(0, (ordered.length * percent + 99) / 100 - 1)] / 1e6;
    }
}
