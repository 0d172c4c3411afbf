package evenkeel;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.apache.helix.NotificationContext;
import org.apache.helix.model.Message;
import org.apache.helix.participant.statemachine.StateModel;
import org.apache.helix.participant.statemachine.StateModelFactory;
import org.apache.helix.participant.statemachine.StateModelInfo;
import org.apache.helix.participant.statemachine.Transition;

/** A broker as the rest of the cluster sees it: present, tagged, and in the brokerResource. It answers no query. */
public final class BrokerMain {
  public static void main(String[] args) throws Exception {
    Settings settings = Settings.read(args[0]);
    String host = settings.get("pinot.broker.hostname");
    int port = settings.number("pinot.broker.client.queryPort");
    String id = "Broker_" + host + "_" + port;
    List<String> tags = List.of(settings.get("evenkeel.tags", "DefaultTenant_BROKER").split(","));
    StateModelFactory<States> states =
        new StateModelFactory<>() {
          @Override
          public States createNewStateModel(String resource, String partition) {
            return new States();
          }
        };
    new Participant(
        settings, id, host, port, tags, Map.of(), Map.of(), "BrokerResourceOnlineOfflineStateModel", states);
    addToBrokerResource(
        settings.get("evenkeel.controller.url"), settings.get("evenkeel.controller.authorization", ""), id);
    System.out.println("evenkeel: ready");
    Thread.currentThread().join();
  }

  /** Pinot's own broker does this by itself at every start. */
  private static void addToBrokerResource(String controller, String authorization, String id) throws Exception {
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(controller + "/instances/" + id + "/updateBrokerResource"))
            .POST(HttpRequest.BodyPublishers.noBody());
    if (!authorization.isEmpty()) request.header("Authorization", authorization);
    for (int tries = 1; ; tries++) {
      try {
        HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() == 200) return;
        throw new IllegalStateException(answer.statusCode() + ": " + answer.body());
      } catch (Exception error) {
        if (tries == 600) throw error;
        Thread.sleep(100);
      }
    }
  }

  @StateModelInfo(states = "{'OFFLINE','ONLINE','DROPPED'}", initialState = "OFFLINE")
  public static final class States extends StateModel {
    @Transition(from = "OFFLINE", to = "ONLINE")
    public void onBecomeOnlineFromOffline(Message message, NotificationContext context) {}

    @Transition(from = "ONLINE", to = "OFFLINE")
    public void onBecomeOfflineFromOnline(Message message, NotificationContext context) {}

    @Transition(from = "OFFLINE", to = "DROPPED")
    public void onBecomeDroppedFromOffline(Message message, NotificationContext context) {}

    @Transition(from = "ONLINE", to = "DROPPED")
    public void onBecomeDroppedFromOnline(Message message, NotificationContext context) {}

    @Transition(from = "ERROR", to = "OFFLINE")
    public void onBecomeOfflineFromError(Message message, NotificationContext context) {}
  }
}
