import java.io.FileReader;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes numbered records to a topic and reads them back, until standard input ends; then reads the whole topic once more from its
 * beginning. Judges nothing, only prints, one line each: "acked N", "failed N", "read N OFFSET-ID", "again N OFFSET-ID".
 *
 * The consumer belongs to no group: it needs no coordinator, so a dead broker holds up only the partitions it leads.
 *
 * Usage: Ledger BOOTSTRAP CLIENT_PROPERTIES TOPIC RECORDS_PER_SECOND READ_AGAIN_SECONDS
 */
public final class Ledger {
  public static void main(String[] args) throws Exception {
    // Without this one thread would go on alone after the other has failed.
    Thread.setDefaultUncaughtExceptionHandler((thread, error) -> {
      error.printStackTrace();
      Runtime.getRuntime().halt(1);
    });
    Properties client = new Properties();
    try (FileReader file = new FileReader(args[1])) {
      client.load(file);
    }
    client.put("bootstrap.servers", args[0]);
    // Short, so that a frozen broker is given up soon after the cluster has replaced it.
    client.put("request.timeout.ms", "5000");
    client.put("metadata.max.age.ms", "2000");
    client.put("reconnect.backoff.max.ms", "500");
    String topic = args[2];

    CountDownLatch written = new CountDownLatch(1);
    Thread reader = new Thread(() -> read(client, topic, written, Integer.parseInt(args[4])));
    reader.start();
    writeUntilInputEnds(client, topic, Integer.parseInt(args[3]));
    written.countDown();
  }

  private static void writeUntilInputEnds(Properties client, String topic, int perSecond) throws Exception {
    Properties settings = new Properties();
    settings.putAll(client);
    settings.put("acks", "all");
    // A request for each record would keep the brokers busier than all that is tested.
    settings.put("linger.ms", "50");
    settings.put("delivery.timeout.ms", "30000");
    settings.put("max.block.ms", "5000");
    KafkaProducer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    int partitions = producer.partitionsFor(topic).size();
    long[] next = {0};
    var clock = Executors.newSingleThreadScheduledExecutor();
    clock.scheduleAtFixedRate(() -> {
      long number = next[0]++;
      // Every partition in turn: Kafka's own choice stays with one for thousands of small records.
      var record = new ProducerRecord<>(topic, (int) (number % partitions), (String) null, Long.toString(number));
      try {
        producer.send(record, (metadata, error) -> System.out.println((error == null ? "acked " : "failed ") + number));
      } catch (RuntimeException full) {
        System.out.println("failed " + number);
      }
    }, 0, 1_000_000_000L / perSecond, TimeUnit.NANOSECONDS);
    while (System.in.read() >= 0) {}
    clock.shutdown();
    clock.awaitTermination(10, TimeUnit.SECONDS);
    producer.close(Duration.ofSeconds(10));
  }

  private static void read(Properties client, String topic, CountDownLatch written, int againSeconds) {
    Properties settings = new Properties();
    settings.putAll(client);
    settings.put("auto.offset.reset", "earliest");
    settings.put("enable.auto.commit", "false");
    try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
          .map(info -> new TopicPartition(topic, info.partition()))
          .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      while (written.getCount() > 0) print("read", consumer);

      consumer.seekToBeginning(partitions);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(againSeconds);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, Duration.ofSeconds(againSeconds));
      while (ends.entrySet().stream().anyMatch(entry -> consumer.position(entry.getKey()) < entry.getValue())) {
        if (System.nanoTime() > end) throw new IllegalStateException("could not read " + topic + " to its end");
        print("again", consumer);
      }
    }
  }

  private static void print(String what, KafkaConsumer<String, String> consumer) {
    for (var record : consumer.poll(Duration.ofMillis(200))) {
      System.out.println(what + " " + record.value() + " " + record.partition() + "-" + record.offset());
    }
  }
}
