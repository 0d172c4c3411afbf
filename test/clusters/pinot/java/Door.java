package evenkeel;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.pinot.common.restlet.resources.DiskUsageInfo;
import org.apache.pinot.common.restlet.resources.SegmentSizeInfo;
import org.apache.pinot.common.restlet.resources.ServerSegmentsReloadCheckResponse;
import org.apache.pinot.common.restlet.resources.TableSegments;
import org.apache.pinot.common.restlet.resources.TableSizeInfo;
import org.apache.pinot.spi.utils.JsonUtils;

/** A server's admin interface: of Pinot's what a controller and a balancer ask for, in Pinot's own types, and the knobs. */
final class Door {
  /** The singular is an old mistake of Pinot's that its controller still relies on. */
  private static final Pattern SIZE = Pattern.compile("/tables?/([^/]+)/size");

  private static final Pattern SEGMENTS = Pattern.compile("/tables/([^/]+)/segments");
  private static final Pattern NEED_RELOAD = Pattern.compile("/tables/[^/]+/segments/needReload");

  private final String id;
  private final SegmentStore store;
  private final Knobs knobs;
  private final Supplier<List<String>> tags;

  static void open(
      String host, int port, String id, SegmentStore store, Knobs knobs, Supplier<List<String>> tags)
      throws IOException {
    Door door = new Door(id, store, knobs, tags);
    HttpServer server = HttpServer.create(new InetSocketAddress(host, port), 0);
    server.setExecutor(Executors.newFixedThreadPool(4));
    server.createContext("/", door::answer);
    server.start();
  }

  private Door(String id, SegmentStore store, Knobs knobs, Supplier<List<String>> tags) {
    this.id = id;
    this.store = store;
    this.knobs = knobs;
    this.tags = tags;
  }

  private void answer(HttpExchange exchange) throws IOException {
    int status = 200;
    String text;
    try {
      Object answer = answerTo(exchange);
      text = answer instanceof String ? (String) answer : JsonUtils.objectToString(answer);
    } catch (Missing missing) {
      status = 404;
      text = missing.getMessage();
    } catch (Exception error) {
      status = 500;
      text = error.toString();
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", text.startsWith("{") || text.startsWith("[") ? "application/json" : "text/plain");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private Object answerTo(HttpExchange exchange) throws Exception {
    String path = exchange.getRequestURI().getPath();
    if (path.startsWith("/health")) return "OK";
    if (path.equals("/instance/diskUtilization")) return disk();
    if (path.equals("/instance/tags")) return tags.get();
    if (path.equals("/knobs")) return knobs(exchange);
    if (NEED_RELOAD.matcher(path).matches()) return new ServerSegmentsReloadCheckResponse(false, id);
    Matcher size = SIZE.matcher(path);
    if (size.matches()) return size(size.group(1));
    Matcher segments = SEGMENTS.matcher(path);
    if (segments.matches()) return new TableSegments(new ArrayList<>(table(segments.group(1)).keySet()));
    throw new Missing(path + " is not served by this stand-in");
  }

  private Object knobs(HttpExchange exchange) throws IOException {
    if (exchange.getRequestMethod().equals("PUT")) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      knobs.set(JsonUtils.stringToObject(body, Knobs.Values.class));
    }
    return knobs.get();
  }

  private DiskUsageInfo disk() throws IOException {
    FileStore disk = Files.getFileStore(store.dataDir);
    long used = disk.getTotalSpace() - disk.getUnallocatedSpace();
    return new DiskUsageInfo(id, store.dataDir.toString(), disk.getTotalSpace(), used, System.currentTimeMillis());
  }

  /** Without what is consuming, which is not on disk. */
  private TableSizeInfo size(String table) throws Missing {
    List<SegmentSizeInfo> sizes = new ArrayList<>();
    long total = 0;
    for (Map.Entry<String, Long> segment : table(table).entrySet()) {
      if (segment.getValue() == SegmentStore.CONSUMING) continue;
      sizes.add(new SegmentSizeInfo(segment.getKey(), segment.getValue()));
      total += segment.getValue();
    }
    return new TableSizeInfo(table, total, sizes);
  }

  private Map<String, Long> table(String name) throws Missing {
    Map<String, Long> segments = store.segments(name);
    if (segments == null) throw new Missing("Table: " + name + " is not found");
    return segments;
  }

  private static final class Missing extends Exception {
    Missing(String what) {
      super(what);
    }
  }
}
