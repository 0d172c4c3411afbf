package org.apache.pinot.query.parser.utils;

/** Stands for a type of the unpublished query planner: the controller loads it and, without queries, never uses it. */
public class ParserUtils {}
