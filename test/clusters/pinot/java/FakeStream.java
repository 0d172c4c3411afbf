package evenkeel;

import java.util.Map;
import org.apache.pinot.spi.stream.LongMsgOffset;
import org.apache.pinot.spi.stream.OffsetCriteria;
import org.apache.pinot.spi.stream.StreamConsumerFactory;
import org.apache.pinot.spi.stream.StreamMetadataProvider;
import org.apache.pinot.spi.stream.StreamPartitionMsgOffset;

/**
 * A stream without messages, so that a controller can set up REALTIME tables where there is no Kafka. `stream.fake.partitions` tells how
 * many partitions it has.
 */
public final class FakeStream extends StreamConsumerFactory {
  @Override
  public StreamMetadataProvider createPartitionMetadataProvider(String clientId, int partition) {
    return provider();
  }

  @Override
  public StreamMetadataProvider createStreamMetadataProvider(String clientId) {
    return provider();
  }

  private StreamMetadataProvider provider() {
    Map<String, String> settings = _streamConfig.getStreamConfigsMap();
    int partitions = Integer.parseInt(settings.get("stream.fake.partitions"));
    return new StreamMetadataProvider() {
      @Override
      public int fetchPartitionCount(long timeoutMs) {
        return partitions;
      }

      @Override
      public StreamPartitionMsgOffset fetchStreamPartitionOffset(OffsetCriteria criteria, long timeoutMs) {
        return new LongMsgOffset(0);
      }

      @Override
      public boolean supportsOffsetLag() {
        return false;
      }

      @Override
      public void close() {}
    };
  }
}
