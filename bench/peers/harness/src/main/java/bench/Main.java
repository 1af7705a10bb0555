package bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Plays cases of start, three user tasks, end, on the engine that is on the class path. Its arguments are the URL of the
 * database and the user. It reads commands from standard input and answers each with one line:
 *
 * <pre>play THREADS CASES   plays cases in threads, each thread the next one when it has finished one
 * gc                   collects garbage, so that what is measured does not pay for what was before
 * end                  tells how many cases have finished, and ends</pre>
 *
 * Whoever drives it looks at clocks and counters between the lines: the same for all, whatever they are written in.
 */
public final class Main {
  private static final String KEY = "chain";
  private static final int TASKS = 3;

  private final Peer peer;
  private final AtomicInteger cases = new AtomicInteger();

  private Main(Peer peer) {
    this.peer = peer;
  }

  public static void main(String[] arguments) throws Exception {
    HikariConfig pool = new HikariConfig();
    pool.setJdbcUrl(arguments[0]);
    pool.setUsername(arguments[1]);
    pool.setMaximumPoolSize(20);
    pool.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    pool.setAutoCommit(false);
    try (HikariDataSource database = new HikariDataSource(pool);
        Peer peer = ServiceLoader.load(Peer.class).findFirst().orElseThrow()) {
      peer.open(database);
      peer.deploy("bench/chain.bpmn");
      answer("ready");
      new Main(peer).obey(new BufferedReader(new InputStreamReader(System.in)));
    }
  }

  private void obey(BufferedReader commands) throws Exception {
    for (String line; (line = commands.readLine()) != null; ) {
      String[] words = line.split(" ");
      switch (words[0]) {
        case "play" -> answer(play(Integer.parseInt(words[1]), Integer.parseInt(words[2])));
        case "gc" -> {
          System.gc();
          answer("done");
        }
        case "end" -> {
          answer(String.valueOf(peer.finished(KEY)));
          return;
        }
        default -> throw new IOException("no command " + words[0]);
      }
    }
  }

  private String play(int threads, int count) throws Exception {
    long[] starts = new long[count];
    long[] completions = new long[count * TASKS];
    AtomicInteger next = new AtomicInteger();
    ExecutorService players = Executors.newFixedThreadPool(threads);
    List<Callable<Void>> work = new ArrayList<>();
    for (int thread = 0; thread < threads; thread++) {
      String user = "user" + thread;
      work.add(
          () -> {
            for (int each; (each = next.getAndIncrement()) < count; ) {
              one(each, user, starts, completions);
            }
            return null;
          });
    }
    long begun = System.nanoTime();
    for (Future<Void> each : players.invokeAll(work)) {
      each.get();
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    players.shutdown();
    return String.format(
        Locale.ROOT,
        "{\"seconds\":%.3f,\"start_ms\":%s,\"complete_ms\":%s}",
        seconds,
        percentiles(starts),
        percentiles(completions));
  }

  private void one(int number, String user, long[] starts, long[] completions) {
    int own = cases.incrementAndGet();
    Map<String, Object> variables = Map.of("v0", "value-0-" + own, "v1", "value-1-" + own);
    long begun = System.nanoTime();
    String instance = peer.start(KEY, "case-" + own, variables, user);
    starts[number] = System.nanoTime() - begun;
    for (int task = 0; task < TASKS; task++) {
      String open = peer.task(instance);
      Map<String, Object> given = Map.of("decision" + task, "approve", "comment" + task, "同意 " + own);
      begun = System.nanoTime();
      peer.complete(open, given, user);
      completions[number * TASKS + task] = System.nanoTime() - begun;
    }
  }

  /** Returns the median and the percentiles 95 and 99, in milliseconds. */
  private static String percentiles(long[] nanoseconds) {
    long[] sorted = nanoseconds.clone();
    Arrays.sort(sorted);
    StringBuilder found = new StringBuilder();
    for (double share : new double[] {0.5, 0.95, 0.99}) {
      int at = (int) Math.max(0, Math.ceil(share * sorted.length) - 1);
      found.append(found.isEmpty() ? '[' : ',').append(String.format(Locale.ROOT, "%.3f", sorted[at] / 1e6));
    }
    return found.append(']').toString();
  }

  /** Answers with a line that no log of an engine looks like. */
  private static void answer(String text) {
    System.out.println("ANSWER " + text);
    System.out.flush();
  }
}
