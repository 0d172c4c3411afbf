package evenkeel;

import java.io.FileReader;
import java.io.IOException;
import java.io.Reader;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/** A properties file, with Pinot's own keys where Pinot has one. */
final class Settings {
  private final Map<String, String> values = new HashMap<>();

  static Settings read(String path) throws IOException {
    Properties properties = new Properties();
    try (Reader reader = new FileReader(path)) {
      properties.load(reader);
    }
    Settings settings = new Settings();
    properties.forEach((key, value) -> settings.values.put((String) key, (String) value));
    return settings;
  }

  String get(String key) {
    String value = values.get(key);
    if (value == null) throw new IllegalArgumentException("missing setting " + key);
    return value;
  }

  String get(String key, String otherwise) {
    return values.getOrDefault(key, otherwise);
  }

  int number(String key) {
    return Integer.parseInt(get(key));
  }

  Map<String, Object> all() {
    return new HashMap<>(values);
  }
}
