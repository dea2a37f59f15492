/*
 * Preloaded into a process that uses a store: at each fsync and fdatasync of a file under HOLDFAST_TEST_DATA it does the
 * real one, waits, and copies the folder to HOLDFAST_TEST_COPIES/<number> before it returns. So a copy holds what was
 * synced by then, and whatever was said to be durable before the sync was over is not in it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static int copies = 0;

static int is_ours(int fd, char *path, size_t size) {
  const char *data = getenv("HOLDFAST_TEST_DATA");
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, size - 1);
  if (data == NULL || length < 0) return 0;
  path[length] = 0;
  return strncmp(path, data, strlen(data)) == 0;
}

static void copy_folder(const char *name, int fd) {
  char path[4096], part[4096], whole[4096], note[4096];
  if (!is_ours(fd, path, sizeof path)) return;
  const char *into = getenv("HOLDFAST_TEST_COPIES");
  pthread_mutex_lock(&one_at_a_time);
  usleep(200 * 1000);
  copies += 1;
  snprintf(part, sizeof part, "%s/part-%d", into, copies);
  snprintf(whole, sizeof whole, "%s/%d", into, copies);
  snprintf(note, sizeof note, "%s/calls", into);
  char *arguments[] = {"cp", "-a", getenv("HOLDFAST_TEST_DATA"), part, NULL};
  char *environment[] = {"PATH=/usr/bin:/bin", NULL};
  pid_t child;
  int status = 1;
  if (posix_spawnp(&child, "cp", NULL, NULL, arguments, environment) == 0) waitpid(child, &status, 0);
  if (status == 0) rename(part, whole);
  FILE *calls = fopen(note, "a");
  if (calls != NULL) {
    fprintf(calls, "%s %s\n", name, path);
    fclose(calls);
  }
  pthread_mutex_unlock(&one_at_a_time);
}

int fsync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  int result = real(fd);
  if (result == 0) copy_folder("fsync", fd);
  return result;
}

int fdatasync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  int result = real(fd);
  if (result == 0) copy_folder("fdatasync", fd);
  return result;
}
