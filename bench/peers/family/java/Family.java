package bench;

import java.util.Map;
import javax.sql.DataSource;
import ${family}.engine.ProcessEngine;
import ${family}.engine.impl.cfg.StandaloneProcessEngineConfiguration;
import ${family}.engine.impl.persistence.StrongUuidGenerator;

/** Camunda 7 or a fork of it: the same interface in a package of its own, which the build puts in. */
public final class Family implements Peer {
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
