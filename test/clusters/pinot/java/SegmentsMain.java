package evenkeel;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.net.URI;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.commons.io.FileUtils;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.message.BasicHeader;
import org.apache.pinot.common.utils.FileUploadDownloadClient;
import org.apache.pinot.common.utils.TarCompressionUtils;
import org.apache.pinot.segment.local.segment.creator.impl.SegmentIndexCreationDriverImpl;
import org.apache.pinot.segment.local.segment.readers.GenericRowRecordReader;
import org.apache.pinot.segment.spi.creator.SegmentGeneratorConfig;
import org.apache.pinot.spi.config.table.TableConfig;
import org.apache.pinot.spi.data.Schema;
import org.apache.pinot.spi.data.readers.GenericRow;
import org.apache.pinot.spi.utils.JsonUtils;

/**
 * Builds segments of about the sizes asked for and uploads them. Argument: a JSON file with `controller`, perhaps `authorization`,
 * `tableConfig`, `schema`, `dir` and `segments` of `name`, `bytes` and `shard`, the one value that column has in the whole segment.
 */
public final class SegmentsMain {
  /** Long enough that indexes and lengths add little. */
  private static final int ROW_BYTES = 4096;

  public static void main(String[] args) throws Exception {
    JsonNode order = JsonUtils.stringToJsonNode(FileUtils.readFileToString(new File(args[0]), "UTF-8"));
    TableConfig table = JsonUtils.stringToObject(order.get("tableConfig").toString(), TableConfig.class);
    Schema schema = Schema.fromString(order.get("schema").toString());
    URI upload = URI.create(order.get("controller").asText() + "/v2/segments");
    List<Header> headers =
        order.has("authorization")
            ? List.of(new BasicHeader("Authorization", order.get("authorization").asText()))
            : List.of();
    File dir = new File(order.get("dir").asText());

    ExecutorService workers = Executors.newFixedThreadPool(2);
    Map<String, Future<File>> built = new LinkedHashMap<>();
    for (JsonNode segment : order.get("segments")) {
      built.put(segment.get("name").asText(), workers.submit(() -> build(table, schema, segment, dir)));
    }
    workers.shutdown();
    // One after the other: where the controller puts a segment depends on what came before it.
    try (FileUploadDownloadClient client = new FileUploadDownloadClient()) {
      for (Map.Entry<String, Future<File>> segment : built.entrySet()) {
        File tar = segment.getValue().get();
        client.uploadSegment(
            upload, segment.getKey(), tar, headers, table.getTableName(), table.getTableType());
        FileUtils.deleteQuietly(tar);
      }
    } finally {
      workers.shutdownNow();
    }
  }

  private static File build(TableConfig table, Schema schema, JsonNode segment, File dir) throws Exception {
    String name = segment.get("name").asText();
    SegmentGeneratorConfig config = new SegmentGeneratorConfig(table, schema);
    config.setOutDir(dir.getPath());
    config.setSegmentName(name);
    SegmentIndexCreationDriverImpl driver = new SegmentIndexCreationDriverImpl();
    driver.init(config, new GenericRowRecordReader(rows(segment)));
    driver.build();
    File folder = new File(dir, name);
    File tar = new File(dir, name + ".tar.gz");
    TarCompressionUtils.createCompressedTarFile(folder, tar);
    FileUtils.deleteDirectory(folder);
    return tar;
  }

  /** Random text, so that neither Pinot nor gzip makes much less of it. */
  private static List<GenericRow> rows(JsonNode segment) {
    SplittableRandom random = new SplittableRandom(segment.get("name").asText().hashCode());
    List<GenericRow> rows = new ArrayList<>();
    for (long left = segment.get("bytes").asLong(); left > 0 || rows.isEmpty(); left -= ROW_BYTES) {
      byte[] bytes = new byte[(int) Math.max(1, Math.min(left, ROW_BYTES)) * 3 / 4 + 1];
      random.nextBytes(bytes);
      GenericRow row = new GenericRow();
      row.putValue("at", 1_700_000_000_000L + rows.size());
      row.putValue("shard", segment.get("shard").asInt());
      row.putValue("payload", Base64.getEncoder().withoutPadding().encodeToString(bytes));
      rows.add(row);
    }
    return rows;
  }
}
