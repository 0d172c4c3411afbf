package evenkeel;

import org.apache.helix.NotificationContext;
import org.apache.helix.model.Message;
import org.apache.helix.participant.statemachine.StateModel;
import org.apache.helix.participant.statemachine.StateModelInfo;
import org.apache.helix.participant.statemachine.Transition;
import org.apache.pinot.common.metadata.ZKMetadataProvider;
import org.apache.pinot.common.metadata.segment.SegmentZKMetadata;

/** One segment on one server, as Helix drives it. A transition that throws ends in ERROR, which Helix leaves only on `reset`. */
@StateModelInfo(states = "{'OFFLINE','ONLINE','CONSUMING','DROPPED'}", initialState = "OFFLINE")
public final class SegmentStates extends StateModel {
  private final String table;
  private final String segment;
  private final SegmentStore store;

  SegmentStates(String table, String segment, SegmentStore store) {
    this.table = table;
    this.segment = segment;
    this.store = store;
  }

  @Transition(from = "OFFLINE", to = "ONLINE")
  public void onBecomeOnlineFromOffline(Message message, NotificationContext context) throws Exception {
    load(context);
  }

  @Transition(from = "OFFLINE", to = "CONSUMING")
  public void onBecomeConsumingFromOffline(Message message, NotificationContext context) {
    store.consume(table, segment);
  }

  @Transition(from = "CONSUMING", to = "ONLINE")
  public void onBecomeOnlineFromConsuming(Message message, NotificationContext context) throws Exception {
    load(context);
  }

  @Transition(from = "CONSUMING", to = "OFFLINE")
  public void onBecomeOfflineFromConsuming(Message message, NotificationContext context) {
    store.unload(table, segment);
  }

  @Transition(from = "CONSUMING", to = "DROPPED")
  public void onBecomeDroppedFromConsuming(Message message, NotificationContext context) throws Exception {
    store.drop(table, segment);
  }

  @Transition(from = "ONLINE", to = "OFFLINE")
  public void onBecomeOfflineFromOnline(Message message, NotificationContext context) {
    store.unload(table, segment);
  }

  @Transition(from = "ONLINE", to = "DROPPED")
  public void onBecomeDroppedFromOnline(Message message, NotificationContext context) throws Exception {
    store.drop(table, segment);
  }

  @Transition(from = "OFFLINE", to = "DROPPED")
  public void onBecomeDroppedFromOffline(Message message, NotificationContext context) throws Exception {
    store.drop(table, segment);
  }

  @Transition(from = "ERROR", to = "OFFLINE")
  public void onBecomeOfflineFromError(Message message, NotificationContext context) {
    store.unload(table, segment);
  }

  @Override
  @Transition(from = "ERROR", to = "DROPPED")
  public void onBecomeDroppedFromError(Message message, NotificationContext context) throws Exception {
    store.drop(table, segment);
  }

  private void load(NotificationContext context) throws Exception {
    SegmentZKMetadata metadata =
        ZKMetadataProvider.getSegmentZKMetadata(context.getManager().getHelixPropertyStore(), table, segment);
    if (metadata == null) throw new IllegalStateException(table + " has no metadata of " + segment);
    store.load(table, segment, metadata.getCrc(), metadata.getDownloadUrl());
  }
}
