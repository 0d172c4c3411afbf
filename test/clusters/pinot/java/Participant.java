package evenkeel;

import java.util.List;
import java.util.Map;
import org.apache.helix.HelixManager;
import org.apache.helix.HelixManagerFactory;
import org.apache.helix.InstanceType;
import org.apache.helix.NotificationContext;
import org.apache.helix.messaging.handling.HelixTaskResult;
import org.apache.helix.messaging.handling.MessageHandler;
import org.apache.helix.messaging.handling.MultiTypeMessageHandlerFactory;
import org.apache.helix.model.InstanceConfig;
import org.apache.helix.model.Message;
import org.apache.helix.participant.statemachine.StateModelFactory;
import org.apache.zookeeper.ZooKeeper;

/** What stand-in servers and brokers have in common: a real member of the Helix cluster, described as Pinot's own describe themselves. */
final class Participant {
  final HelixManager helix;
  private final String cluster;
  private final String id;

  /** Joins as `id`; `tags` are set only if it has none, so those that were changed meanwhile survive a restart. */
  Participant(
      Settings settings,
      String id,
      String host,
      int port,
      List<String> tags,
      Map<String, String> facts,
      Map<String, String> pools,
      String stateModel,
      StateModelFactory<?> states)
      throws Exception {
    this.id = id;
    cluster = settings.get("pinot.cluster.name");
    String zookeeper = settings.get("pinot.zk.server");
    awaitCluster(zookeeper);
    helix = HelixManagerFactory.getZKHelixManager(cluster, id, InstanceType.PARTICIPANT, zookeeper);
    helix.getStateMachineEngine().registerStateModelFactory(stateModel, states);
    helix.getMessagingService()
        .registerMessageHandlerFactory(List.of(Message.MessageType.USER_DEFINE_MSG.name()), new Heedless());
    helix.connect();
    change(
        config -> {
          config.setHostName(host);
          config.setPort(Integer.toString(port));
          facts.forEach(config.getRecord()::setSimpleField);
          config.getRecord().setSimpleField("pinotVersion", "1.5.1");
          config.getRecord().setSimpleField("shutdownInProgress", "false");
          if (!pools.isEmpty() && config.getRecord().getMapField("pool") == null) {
            config.getRecord().setMapField("pool", pools);
          }
          if (config.getTags().isEmpty()) tags.forEach(config::addTag);
        });
    Runtime.getRuntime().addShutdownHook(new Thread(this::leave));
  }

  List<String> tags() {
    return config().getTags();
  }

  /** Says so before it goes, as Pinot's servers and brokers do. */
  private void leave() {
    change(config -> config.getRecord().setSimpleField("shutdownInProgress", "true"));
    helix.disconnect();
  }

  private interface Change {
    void on(InstanceConfig config);
  }

  private void change(Change change) {
    InstanceConfig config = config();
    change.on(config);
    helix.getConfigAccessor().setInstanceConfig(cluster, id, config);
  }

  private InstanceConfig config() {
    return helix.getConfigAccessor().getInstanceConfig(cluster, id);
  }

  /** The controller makes the cluster; what it makes last is looked for, so that all may be started at once. */
  @SuppressWarnings("try")
  private void awaitCluster(String zookeeper) throws Exception {
    try (ZooKeeper client = new ZooKeeper(zookeeper, 10_000, event -> {})) {
      while (client.exists("/" + cluster + "/IDEALSTATES/brokerResource", false) == null) Thread.sleep(50);
    }
  }

  /** Takes requests to refresh or reload and does nothing: untaken they would stay in the instance's queue for ever. */
  private static final class Heedless implements MultiTypeMessageHandlerFactory {
    @Override
    public MessageHandler createHandler(Message message, NotificationContext context) {
      return new MessageHandler(message, context) {
        @Override
        public HelixTaskResult handleMessage() {
          HelixTaskResult result = new HelixTaskResult();
          result.setSuccess(true);
          return result;
        }

        @Override
        public void onError(Exception error, ErrorCode code, ErrorType type) {}
      };
    }

    @Override
    public List<String> getMessageTypes() {
      return List.of(Message.MessageType.USER_DEFINE_MSG.name());
    }

    @Override
    public void reset() {}
  }
}
