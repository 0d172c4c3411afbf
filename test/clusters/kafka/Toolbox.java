import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs Kafka's command-line tools one after the other within one JVM: starting one costs more than most tools do.
 *
 * Each line of standard input is a command, class name and arguments parted by U+001F. What the tool prints comes on standard output
 * as lines "out TEXT", and "err TEXT" for its standard error, then "end CODE". A tool that ends the JVM ends its command only.
 */
public final class Toolbox {
  /** Thrown where a tool would end the JVM. */
  private static final class Ended extends RuntimeException {
    Ended() {
      super(null, null, false, false);
    }
  }

  private static Integer exitCode;

  public static void main(String[] args) throws Exception {
    PrintStream out = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    // Before any tool is loaded: Scala and the logs keep the streams that they find first.
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
    Exit.Procedure end = (code, message) -> {
      if (exitCode == null) exitCode = code;
      throw new Ended();
    };
    Exit.setExitProcedure(end);
    Exit.setHaltProcedure(end);
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      int code = run(line.split("\u001f", -1));
      out.print(lines("err ", errors) + lines("out ", printed) + "end " + code + "\n");
      out.flush();
    }
  }

  private static String lines(String mark, ByteArrayOutputStream said) {
    String text = said.toString(StandardCharsets.UTF_8);
    said.reset();
    return text.lines().map(line -> mark + line + "\n").collect(Collectors.joining());
  }

  private static int run(String[] command) {
    exitCode = null;
    try {
      String[] args = Arrays.copyOfRange(command, 1, command.length);
      Class.forName(command[0]).getMethod("main", String[].class).invoke(null, (Object) args);
    } catch (InvocationTargetException error) {
      if (!(error.getCause() instanceof Ended)) {
        error.getCause().printStackTrace();
        return 1;
      }
    } catch (ReflectiveOperationException error) {
      error.printStackTrace();
      return 1;
    }
    return exitCode == null ? 0 : exitCode;
  }
}
