/* Preloaded into every process of a session: counts what they ask of the disk below a folder, and refuses one of it.

   REFUSE_BELOW   the folder (real path)
   REFUSE_STATE   a file outside of it with the count, shared by all processes (8 bytes); what is refused is appended to
                  REFUSE_STATE.log as a line, and where REFUSE_LOG is set all that is asked
   REFUSE_AT      which call is refused with ENOSPC, counted from 1; 0 for none
   REFUSE_ONWARDS set: every call from that one on                                                                     */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static volatile long *count;
static const char *below;
static long at;
static int onwards, all, logged = -1;

static void begin(void) __attribute__((constructor));
static void begin(void) {
    const char *state = getenv("REFUSE_STATE"), *told = getenv("REFUSE_AT");
    int (*really)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    below = getenv("REFUSE_BELOW");
    if (!state || !below || count) return;
    int fd = really(state, O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    void *page = mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (page == MAP_FAILED) return;
    count = page;
    at = told ? atol(told) : 0;
    onwards = getenv("REFUSE_ONWARDS") != NULL;
    all = getenv("REFUSE_LOG") != NULL;
    char name[PATH_MAX];
    snprintf(name, sizeof name, "%s.log", state);
    logged = really(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static int inside(const char *path) {
    size_t length = strlen(below);
    return strncmp(path, below, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int refused(const char *call, const char *path) {
    long number = __sync_add_and_fetch(count, 1);
    int no = at > 0 && (number == at || (onwards && number > at));
    if (logged >= 0 && (no || all)) {
        char line[PATH_MAX + 64];
        int size = snprintf(line, sizeof line, "%ld %s %s\n", number, call, path);
        ssize_t (*really)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
        if (really(logged, line, size) < 0) return no;
    }
    return no;
}

/* The path that a name means; of a name that is not there, as it is, from the working folder. */
static const char *whole(int dir, const char *path, char *out) {
    if (path[0] == '/') return path;
    char link[64], base[PATH_MAX];
    ssize_t size;
    if (dir == AT_FDCWD) {
        if (!getcwd(base, sizeof base)) return path;
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
        if ((size = readlink(link, base, sizeof base - 1)) < 0) return path;
        base[size] = 0;
    }
    snprintf(out, PATH_MAX, "%s/%s", base, path);
    return out;
}

static int no_path(const char *call, int dir, const char *path) {
    char out[PATH_MAX];
    if (!count || !path) return 0;
    int kept = errno;
    const char *found = whole(dir, path, out);
    int no = inside(found) && refused(call, found);
    errno = no ? ENOSPC : kept;
    return no;
}

static int no_file(const char *call, int fd) {
    char link[64], path[PATH_MAX];
    if (!count) return 0;
    int kept = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) { errno = kept; return 0; }
    path[size] = 0;
    int no = inside(path) && refused(call, path);
    errno = no ? ENOSPC : kept;
    return no;
}

#define REALLY(name) typeof(&name) really = dlsym(RTLD_NEXT, #name)
#define MAKES(flags) ((flags) & (O_CREAT | O_TRUNC))
#define MODE(flags) mode_t mode = 0; if (MAKES(flags)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }

#define OPEN(name) int name(const char *path, int flags, ...) { MODE(flags) REALLY(name); \
    if (MAKES(flags) && no_path("open", AT_FDCWD, path)) return -1; return really(path, flags, mode); }
#define OPENAT(name) int name(int dir, const char *path, int flags, ...) { MODE(flags) REALLY(name); \
    if (MAKES(flags) && no_path("open", dir, path)) return -1; return really(dir, path, flags, mode); }
#define FOPEN(name) FILE *name(const char *path, const char *how) { REALLY(name); \
    if (strpbrk(how, "wa") && no_path("open", AT_FDCWD, path)) return NULL; return really(path, how); }
OPEN(open) OPEN(open64) OPENAT(openat) OPENAT(openat64) FOPEN(fopen) FOPEN(fopen64)

int creat(const char *path, mode_t mode) { REALLY(creat); return no_path("open", AT_FDCWD, path) ? -1 : really(path, mode); }
ssize_t write(int fd, const void *data, size_t size) { REALLY(write); return no_file("write", fd) ? -1 : really(fd, data, size); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t place) { REALLY(pwrite); return no_file("write", fd) ? -1 : really(fd, data, size, place); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t place) { REALLY(pwrite64); return no_file("write", fd) ? -1 : really(fd, data, size, place); }
ssize_t writev(int fd, const struct iovec *parts, int number) { REALLY(writev); return no_file("write", fd) ? -1 : really(fd, parts, number); }
int fsync(int fd) { REALLY(fsync); return no_file("fsync", fd) ? -1 : really(fd); }
int fdatasync(int fd) { REALLY(fdatasync); return no_file("fsync", fd) ? -1 : really(fd); }
int ftruncate(int fd, off_t size) { REALLY(ftruncate); return no_file("truncate", fd) ? -1 : really(fd, size); }
int ftruncate64(int fd, off64_t size) { REALLY(ftruncate64); return no_file("truncate", fd) ? -1 : really(fd, size); }
int posix_fallocate(int fd, off_t from, off_t size) { REALLY(posix_fallocate); return no_file("truncate", fd) ? ENOSPC : really(fd, from, size); }
int mkdir(const char *path, mode_t mode) { REALLY(mkdir); return no_path("mkdir", AT_FDCWD, path) ? -1 : really(path, mode); }
int mkdirat(int dir, const char *path, mode_t mode) { REALLY(mkdirat); return no_path("mkdir", dir, path) ? -1 : really(dir, path, mode); }
int rename(const char *from, const char *to) { REALLY(rename); return no_path("rename", AT_FDCWD, to) ? -1 : really(from, to); }
int renameat(int one, const char *from, int two, const char *to) { REALLY(renameat); return no_path("rename", two, to) ? -1 : really(one, from, two, to); }
int link(const char *from, const char *to) { REALLY(link); return no_path("link", AT_FDCWD, to) ? -1 : really(from, to); }
int symlink(const char *from, const char *to) { REALLY(symlink); return no_path("link", AT_FDCWD, to) ? -1 : really(from, to); }
ssize_t sendfile(int out, int in, off_t *from, size_t size) { REALLY(sendfile); return no_file("write", out) ? -1 : really(out, in, from, size); }
ssize_t sendfile64(int out, int in, off64_t *from, size_t size) { REALLY(sendfile64); return no_file("write", out) ? -1 : really(out, in, from, size); }
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags) {
    REALLY(copy_file_range); return no_file("write", out) ? -1 : really(in, from, out, to, size, flags); }
