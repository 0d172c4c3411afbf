#!/bin/sh
# Ends what a test process left behind: the processes that carry its mark, the mounts below its directory, the directory itself.
# Nobody writes to standard input: it ends when the test process is gone, however it died (a SIGKILL runs no handler of its own).
# usage: reaper.sh DIRECTORY
case $1 in */evenkeel-??????) ;; *) echo "reaper.sh: not a sandbox directory: $1" >&2; exit 2 ;; esac
read -r _

for process in /proc/[0-9]*; do
  if grep -qsxzF "EVENKEEL_SANDBOX=$1" "$process/environ"; then kill -9 "${process#/proc/}"; fi
done

# Last mounted first. Lazily, because the processes just killed may hold a mount for another moment.
for mount in $(cut -d ' ' -f 2 /proc/self/mounts | tac); do
  case $mount in "$1"/*) umount -l "$mount" ;; esac
done

# A dying process may still create a file: then the directory is not empty at the first try.
rm -rf "$1" 2>/dev/null || rm -rf "$1"
