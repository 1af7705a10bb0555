package bench;

import java.util.Map;
import javax.sql.DataSource;
import org.flowable.common.engine.impl.history.HistoryLevel;
import org.flowable.common.engine.impl.persistence.StrongUuidGenerator;
import org.flowable.engine.ProcessEngine;
import org.flowable.engine.impl.cfg.StandaloneProcessEngineConfiguration;

/** Flowable. */
public final class Flowable implements Peer {
  private ProcessEngine engine;

  @Override
  public void open(DataSource database) {
    StandaloneProcessEngineConfiguration settings = new StandaloneProcessEngineConfiguration();
    settings.setDataSource(database);
    settings.setDatabaseSchemaUpdate("true");
    settings.setHistoryLevel(HistoryLevel.FULL);
    settings.setEnableHistoricTaskLogging(true); // the nearest that it has to a log of operations
    settings.setAsyncExecutorActivate(false);
    settings.setDisableIdmEngine(true);
    settings.setDisableEventRegistry(true);
    settings.setIdGenerator(new StrongUuidGenerator());
    engine = settings.buildProcessEngine();
  }

  @Override
  public void deploy(String resource) {
    engine.getRepositoryService().createDeployment().addClasspathResource(resource).deploy();
  }

  @Override
  public String start(String key, String businessKey, Map<String, Object> variables, String user) {
    engine.getIdentityService().setAuthenticatedUserId(user);
    try {
      return engine.getRuntimeService().startProcessInstanceByKey(key, businessKey, variables).getId();
    } finally {
      engine.getIdentityService().setAuthenticatedUserId(null);
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
      engine.getIdentityService().setAuthenticatedUserId(null);
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
