// Loaded before libc (LD_PRELOAD): kills the process at the KILL_AT-th change that it makes in the folder KILL_IN, a write in its middle. Changes are what a
// save consists of: files that are opened for writing, cut, written, flushed, linked, renamed and removed. With KEEP_FILES none can be removed.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is_last(const char *path) {
  static int count;
  const char *folder = getenv("KILL_IN");
  return folder && strncmp(path, folder, strlen(folder)) == 0 && __sync_add_and_fetch(&count, 1) == atoi(getenv("KILL_AT"));
}

static int is_last_of(int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  path[length < 0 ? 0 : length] = 0;
  return is_last(path);
}

static void end(void) { kill(getpid(), SIGKILL); }

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define OPEN(name)                                                     \
  int name(const char *path, int flags, ...) {                         \
    va_list rest;                                                      \
    va_start(rest, flags);                                             \
    mode_t mode = va_arg(rest, mode_t);                                \
    va_end(rest);                                                      \
    if ((flags & O_ACCMODE) != O_RDONLY && is_last(path)) end();       \
    return REAL(name)(path, flags, mode);                              \
  }
OPEN(open)
OPEN(open64)

#define PWRITE(name, type)                                             \
  ssize_t name(int file, const void *bytes, size_t count, type at) {   \
    if (is_last_of(file)) REAL(name)(file, bytes, count / 2, at), end(); \
    return REAL(name)(file, bytes, count, at);                         \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int file, const void *bytes, size_t count) {
  if (is_last_of(file)) REAL(write)(file, bytes, count / 2), end();
  return REAL(write)(file, bytes, count);
}

int fsync(int file) {
  if (is_last_of(file)) end();
  return REAL(fsync)(file);
}

#define CUT(name, type)                                                \
  int name(int file, type size) {                                      \
    if (is_last_of(file)) end();                                       \
    return REAL(name)(file, size);                                     \
  }
CUT(ftruncate, off_t)
CUT(ftruncate64, off64_t)

int rename(const char *from, const char *to) {
  if (is_last(from)) end();
  return REAL(rename)(from, to);
}

int link(const char *from, const char *to) {
  if (is_last(from)) end();
  return REAL(link)(from, to);
}

int unlink(const char *path) {
  if (is_last(path)) end();
  if (getenv("KEEP_FILES")) return errno = EACCES, -1;
  return REAL(unlink)(path);
}
