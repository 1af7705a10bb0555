package bench;

import java.util.Map;
import javax.sql.DataSource;

/** An engine under measurement. Every method is one command of its own API, and one transaction. */
public interface Peer extends AutoCloseable {
  /** Makes its tables, keeps the full history, and does nothing in the background. */
  void open(DataSource database);

  void deploy(String resource);

  /** Starts an instance as a user, who is written down where the engine does so; returns its id. */
  String start(String key, String businessKey, Map<String, Object> variables, String user);

  /** Returns the id of the one open task of an instance. */
  String task(String instance);

  void complete(String task, Map<String, Object> variables, String user);

  long finished(String key);

  @Override
  void close();
}
