package bench;

import java.util.Map;
import javax.sql.DataSource;
import org.camunda.bpm.engine.ProcessEngine;
import org.camunda.bpm.engine.impl.cfg.StandaloneProcessEngineConfiguration;
import org.camunda.bpm.engine.impl.persistence.StrongUuidGenerator;

/** Camunda 7, the last Community Edition. */
public final class Camunda implements Peer {
  private ProcessEngine engine;

  @Override
  public void open(DataSource database) {
    StandaloneProcessEngineConfiguration settings = new StandaloneProcessEngineConfiguration();
    settings.setDataSource(database);
    settings.setDatabaseSchemaUpdate("true");
    settings.setHistory("full");
    settings.setEnforceHistoryTimeToLive(false);
    settings.setJobExecutorActivate(false);
    settings.setMetricsEnabled(false);
    settings.setTaskMetricsEnabled(false);
    settings.setDbMetricsReporterActivate(false);
    settings.setIdGenerator(new StrongUuidGenerator()); // as Flowable's: no blocks of ids that threads wait for
    engine = settings.buildProcessEngine();
  }

  @Override
  public void deploy(String resource) {
    engine.getRepositoryService().createDeployment().addClasspathResource(resource).deploy();
  }

  @Override
  public String start(String key, String businessKey, Map<String, Object> variables, String user) {
    engine.getIdentityService().setAuthenticatedUserId(user); // without one it writes no log of operations
    try {
      return engine.getRuntimeService().startProcessInstanceByKey(key, businessKey, variables).getId();
    } finally {
      engine.getIdentityService().clearAuthentication();
    }
  }

  @Override
  public String task(String instance) {
    return engine.getTaskService().createTaskQuery().processInstanceId(instance).singleResult().getId();
  }

  @Override
  public void complete(String task, Map<String, Object> variables, String user) {
    engine.getIdentityService().setAuthenticatedUserId(user);
    try {
      engine.getTaskService().complete(task, variables);
    } finally {
      engine.getIdentityService().clearAuthentication();
    }
  }

  @Override
  public long finished(String key) {
    return engine
        .getHistoryService()
        .createHistoricProcessInstanceQuery()
        .processDefinitionKey(key)
        .finished()
        .count();
  }

  @Override
  public void close() {
    engine.close();
  }
}
