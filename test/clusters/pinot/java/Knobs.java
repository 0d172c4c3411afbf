package evenkeel;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.common.util.concurrent.RateLimiter;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** What a test can make worse while the server runs. */
final class Knobs {
  /** As `GET /knobs` tells them and `PUT /knobs` sets them, all at once. */
  static final class Values {
    /** How much longer each load takes. */
    @JsonProperty long loadDelayMs = 0;

    /** What all downloads of this server share; 0 = no limit. */
    @JsonProperty long downloadBytesPerSecond = 0;

    /** Regular expression of names of segments whose load fails; null = none. */
    @JsonProperty String failLoads = null;

    /** Regular expression of names of segments whose load does not end until this says otherwise; null = none. */
    @JsonProperty String hangLoads = null;
  }

  private volatile Values values = new Values();
  private volatile RateLimiter limiter = null;

  Values get() {
    return values;
  }

  synchronized void set(Values next) {
    limiter = next.downloadBytesPerSecond > 0 ? RateLimiter.create(next.downloadBytesPerSecond) : null;
    values = next;
    notifyAll();
  }

  /** What a load passes before it begins. */
  void beforeLoad(String segment) throws InterruptedException {
    synchronized (this) {
      while (matches(values.hangLoads, segment)) wait();
    }
    Thread.sleep(values.loadDelayMs);
    if (matches(values.failLoads, segment)) throw new IllegalStateException("told to fail to load " + segment);
  }

  /** The same bytes at the rate allowed at each moment. */
  InputStream slowed(InputStream stream) {
    return new FilterInputStream(stream) {
      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        int count = super.read(buffer, offset, Math.min(length, 16_384));
        RateLimiter current = limiter;
        if (current != null && count > 0) current.acquire(count);
        return count;
      }
    };
  }

  private static boolean matches(String pattern, String segment) {
    return pattern != null && segment.matches(pattern);
  }
}
