/* Preloaded into every process of a session: the clock of the wall is off by what a file tells, at any time anew.

   JUMP_STATE   a file that holds the seconds to add, as a double                                                      */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile double *off;

static void begin(void) __attribute__((constructor));
static void begin(void) {
    const char *state = getenv("JUMP_STATE");
    int fd = state ? open(state, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *page = mmap(NULL, sizeof(double), PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (page != MAP_FAILED) off = page;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*really)(clockid_t, struct timespec *);
    if (!really) really = dlsym(RTLD_NEXT, "clock_gettime");
    int status = really(clock, now);
    if (status == 0 && off && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += (time_t)*off;
    return status;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec told;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &told)) return -1;
    now->tv_sec = told.tv_sec;
    now->tv_usec = told.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *place) {
    struct timespec told;
    clock_gettime(CLOCK_REALTIME, &told);
    if (place) *place = told.tv_sec;
    return told.tv_sec;
}
