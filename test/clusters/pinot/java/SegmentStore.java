package evenkeel;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.commons.io.FileUtils;
import org.apache.pinot.common.utils.TarCompressionUtils;

/**
 * The segments of one server on disk: `dataDir/table/segment/`, and beside each `segment.crc` with the checksum by which a copy that is
 * still there after a restart is known to be good. Helix never runs two transitions of one segment at once.
 */
final class SegmentStore {
  /** In place of the size of a segment that is consuming, which is not on disk. */
  static final long CONSUMING = -1;

  final Path dataDir;
  private final Path tarDir;
  private final Knobs knobs;

  /** What the controller is shown, of which segments are downloaded; empty: nothing. */
  private final String authorization;

  /** Table → segment → bytes on disk, of what is loaded. */
  private final Map<String, Map<String, Long>> loaded = new ConcurrentHashMap<>();

  SegmentStore(Path dataDir, Path tarDir, Knobs knobs, String authorization) throws IOException {
    this.dataDir = Files.createDirectories(dataDir);
    this.tarDir = tarDir;
    this.knobs = knobs;
    this.authorization = authorization;
    // A download that was cut short is begun anew.
    FileUtils.deleteDirectory(tarDir.toFile());
    Files.createDirectories(tarDir);
  }

  /** What is loaded of a table in name order; null if nothing of it ever was. */
  Map<String, Long> segments(String table) {
    Map<String, Long> segments = loaded.get(table);
    return segments == null ? null : new TreeMap<>(segments);
  }

  void load(String table, String segment, long crc, String url) throws Exception {
    knobs.beforeLoad(segment);
    Path home = home(table, segment);
    Path mark = mark(table, segment);
    if (!Files.exists(mark) || !Files.readString(mark).equals(Long.toString(crc))) {
      delete(table, segment);
      fetch(table + "." + segment, url, home);
      Files.writeString(mark, Long.toString(crc));
    }
    of(table).put(segment, FileUtils.sizeOfDirectory(home.toFile()));
  }

  void consume(String table, String segment) {
    of(table).put(segment, CONSUMING);
  }

  /** Keeps the files. */
  void unload(String table, String segment) {
    of(table).remove(segment);
  }

  void drop(String table, String segment) throws IOException {
    unload(table, segment);
    delete(table, segment);
  }

  /** As in a real server the packed segment and the unpacked one are on the disk together for a while. */
  private void fetch(String name, String url, Path home) throws IOException {
    if (url == null || url.isEmpty()) throw new IOException("there is nowhere to get " + name + " from");
    Path tar = tarDir.resolve(name + ".tar.gz");
    Path unpacked = tarDir.resolve(name);
    try {
      download(url, tar);
      Path only = TarCompressionUtils.untar(tar.toFile(), unpacked.toFile()).get(0).toPath();
      Files.createDirectories(home.getParent());
      Files.move(only, home, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(tar);
      FileUtils.deleteDirectory(unpacked.toFile());
    }
  }

  private void download(String url, Path to) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    connection.setConnectTimeout(10_000);
    connection.setReadTimeout(30_000);
    if (!authorization.isEmpty()) connection.setRequestProperty("Authorization", authorization);
    try (InputStream from = knobs.slowed(connection.getInputStream())) {
      Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private void delete(String table, String segment) throws IOException {
    Files.deleteIfExists(mark(table, segment));
    FileUtils.deleteDirectory(home(table, segment).toFile());
  }

  private Map<String, Long> of(String table) {
    return loaded.computeIfAbsent(table, name -> new ConcurrentHashMap<>());
  }

  private Path home(String table, String segment) {
    return dataDir.resolve(table).resolve(segment);
  }

  private Path mark(String table, String segment) {
    return dataDir.resolve(table).resolve(segment + ".crc");
  }
}
