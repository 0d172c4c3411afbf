package evenkeel;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.helix.participant.statemachine.StateModelFactory;

/** A server as the rest of the cluster sees it: it loads, keeps, measures and drops real segments. It answers no query and consumes nothing. */
public final class ServerMain {
  public static void main(String[] args) throws Exception {
    Settings settings = Settings.read(args[0]);
    String host = settings.get("pinot.server.netty.host");
    int port = settings.number("pinot.server.netty.port");
    int adminPort = settings.number("pinot.server.adminapi.port");
    String id = "Server_" + host + "_" + port;
    List<String> tags =
        List.of(settings.get("evenkeel.tags", "DefaultTenant_OFFLINE,DefaultTenant_REALTIME").split(","));
    Map<String, String> facts =
        Map.of(
            "adminPort", Integer.toString(adminPort),
            "grpcPort", settings.get("pinot.server.grpc.port"),
            "queryServerPort", settings.get("pinot.query.server.port"),
            "queryMailboxPort", settings.get("pinot.query.runner.port"));

    Knobs knobs = new Knobs();
    SegmentStore store =
        new SegmentStore(
            Path.of(settings.get("pinot.server.instance.dataDir")),
            Path.of(settings.get("pinot.server.instance.segmentTarDir")),
            knobs,
            settings.get("pinot.server.segment.fetcher.auth.token", ""));
    // First the door: a controller asks a server as soon as it sees it in the cluster.
    AtomicReference<Participant> self = new AtomicReference<>();
    Door.open(host, adminPort, id, store, knobs, () -> self.get() == null ? List.of() : self.get().tags());
    StateModelFactory<SegmentStates> states =
        new StateModelFactory<>() {
          @Override
          public SegmentStates createNewStateModel(String table, String segment) {
            return new SegmentStates(table, segment, store);
          }
        };
    self.set(
        new Participant(
            settings, id, host, port, tags, facts, pools(settings), "SegmentOnlineOfflineStateModel", states));
    System.out.println("evenkeel: ready");
    Thread.currentThread().join();
  }

  /** "tag=pool,tag=pool" */
  private static Map<String, String> pools(Settings settings) {
    Map<String, String> pools = new HashMap<>();
    Arrays.stream(settings.get("evenkeel.pools", "").split(","))
        .filter(pair -> !pair.isEmpty())
        .forEach(pair -> pools.put(pair.split("=")[0], pair.split("=")[1]));
    return pools;
  }
}
