// SPDX-License-Identifier: Apache-2.0
// Loaded before the C library: the wall clock is off by the seconds in the file that
// WALL_CLOCK_OFFSET names. Waits that end at a time of day end when they should; one that is
// under way while the clock jumps is not lengthened.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile long none = 0;
static const volatile long *offset = &none;

__attribute__((constructor)) static void map_offset(void) {
    const char *path = getenv("WALL_CLOCK_OFFSET");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *found = mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
    if (found != MAP_FAILED) offset = found;
}

static void *original(const char *name) {
    void *found = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");  // Conditions: the older ones differ.
    return found ? found : dlsym(RTLD_NEXT, name);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = original("clock_gettime");
    int result = real(clock, now);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) now->tv_sec += *offset;
    return result;
}

int gettimeofday(struct timeval *now, void *zone) {
    static int (*real)(struct timeval *, void *);
    if (!real) real = original("gettimeofday");
    int result = real(now, zone);
    now->tv_sec += *offset;
    return result;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}

// A steady clock counts from the machine's start, and is far below this.
static struct timespec true_end(const struct timespec *end) {
    struct timespec result = *end;
    if (result.tv_sec > 1000000000) result.tv_sec -= *offset;
    return result;
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                           const struct timespec *end) {
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    if (!real) real = original("pthread_cond_timedwait");
    struct timespec corrected = true_end(end);
    return real(condition, mutex, &corrected);
}

int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *end) {
    static int (*real)(pthread_mutex_t *, const struct timespec *);
    if (!real) real = original("pthread_mutex_timedlock");
    struct timespec corrected = true_end(end);
    return real(mutex, &corrected);
}

int sem_timedwait(sem_t *semaphore, const struct timespec *end) {
    static int (*real)(sem_t *, const struct timespec *);
    if (!real) real = original("sem_timedwait");
    struct timespec corrected = true_end(end);
    return real(semaphore, &corrected);
}

// The C++ library's futures wait without the C library's help.
long syscall(long number, ...) {
    static long (*real)(long, ...);
    if (!real) real = original("syscall");
    va_list given;
    va_start(given, number);
    long a[6];
    for (int i = 0; i < 6; i++) a[i] = va_arg(given, long);
    va_end(given);
    struct timespec corrected;
    if (number == SYS_futex && a[3] && (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET) {
        corrected = true_end((const struct timespec *)a[3]);
        a[3] = (long)&corrected;
    }
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
