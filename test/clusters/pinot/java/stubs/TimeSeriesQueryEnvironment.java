package org.apache.pinot.tsdb.planner;

/** Stands for a type of the unpublished time-series planner: the controller loads it and, without queries, never uses it. */
public class TimeSeriesQueryEnvironment {}
