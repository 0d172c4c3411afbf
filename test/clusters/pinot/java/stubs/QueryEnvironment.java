package org.apache.pinot.query;

/** Stands for a type of the unpublished query planner: the controller loads it and, without queries, never uses it. */
public class QueryEnvironment {
  public static class CompiledQuery implements AutoCloseable {
    @Override
    public void close() {}
  }
}
