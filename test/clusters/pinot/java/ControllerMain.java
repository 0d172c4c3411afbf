package evenkeel;

import org.apache.pinot.controller.ControllerStarter;
import org.apache.pinot.spi.env.PinotConfiguration;

/** Pinot's released controller as it is. Argument: its properties file. */
public final class ControllerMain {
  public static void main(String[] args) throws Exception {
    ControllerStarter controller = new ControllerStarter();
    controller.init(new PinotConfiguration(Settings.read(args[0]).all()));
    controller.start();
    Runtime.getRuntime().addShutdownHook(new Thread(controller::stop));
    System.out.println("evenkeel: ready");
  }
}
