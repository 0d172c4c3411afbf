package evenkeel;

import java.io.File;
import java.net.InetSocketAddress;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;

/** ZooKeeper, one node, on loopback. Arguments: data directory, port, tick in ms; sessions may last from 2 to 20 ticks. */
public final class ZooKeeperMain {
  public static void main(String[] args) throws Exception {
    File dir = new File(args[0]);
    ZooKeeperServer server = new ZooKeeperServer(dir, dir, Integer.parseInt(args[2]));
    NIOServerCnxnFactory door = new NIOServerCnxnFactory();
    int unlimited = 0;
    door.configure(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[1])), unlimited, -1, false);
    door.startup(server, true);
    Runtime.getRuntime().addShutdownHook(new Thread(door::shutdown));
    System.out.println("evenkeel: ready");
    door.join();
  }
}
