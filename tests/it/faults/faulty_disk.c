/*
 * A disk that fails on command, to be preloaded into the program (LD_PRELOAD).
 *
 * Every call that touches a file below a folder is counted, in a file that outlives the process; one of them goes wrong.
 *
 *   FAULTY_BELOW  the folder, as an absolute path without links
 *   FAULTY_COUNT  a file of at least 8 bytes, outside the folder: the number of calls so far
 *   FAULTY_AT     the number of the call that goes wrong; none if it is 0
 *   FAULTY_HOW    enospc  that call alone finds no space
 *                 full    that call and all later ones that need space find none; the first write among them is cut short
 *                 eio     that call alone fails with an I/O error; calls that read are counted too
 *                 dead    that call and all later ones, those that read too, fail with an I/O error
 *                 kill    the process dies at that call; a write gets half of its bytes out
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum how { NOTHING, ENOSPC_ONCE, FULL, EIO_ONCE, DEAD, KILL };
/* What a call does: a call of GIVES neither needs space nor reads (unlink). */
enum does { READS, NEEDS, GIVES };

static const char *below;
static size_t below_length;
static uint64_t at;
static enum how how;
static _Atomic uint64_t *count;
static _Atomic uint64_t counted_here;

#define NEXT(name)                                                    \
    static __typeof__(&name) next;                                    \
    if (next == NULL) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void)
{
    static const char *const names[] = {"", "enospc", "full", "eio", "dead", "kill"};
    const char *wanted = getenv("FAULTY_HOW"), *number = getenv("FAULTY_AT"), *counter = getenv("FAULTY_COUNT");
    below = getenv("FAULTY_BELOW");
    below_length = below ? strlen(below) : 0;
    at = number ? strtoull(number, NULL, 10) : 0;
    for (int i = 0; wanted && i < 6; i++)
        if (strcmp(wanted, names[i]) == 0) how = (enum how)i;
    count = &counted_here;
    int fd = counter ? open(counter, O_RDWR | O_CLOEXEC) : -1;
    if (fd >= 0) {
        void *shared = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (shared != MAP_FAILED) count = shared;
        close(fd);
    }
}

static int is_below(const char *path)
{
    return below_length > 0 && path && strncmp(path, below, below_length) == 0 &&
           (path[below_length] == '/' || path[below_length] == 0);
}

static int place_of(int fd, char *place)
{
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, place, PATH_MAX - 1);
    place[n < 0 ? 0 : n] = 0;
    return n > 0;
}

static int fd_is_below(int fd)
{
    char place[PATH_MAX];
    int kept = errno;
    int yes = place_of(fd, place) && is_below(place);
    errno = kept;
    return yes;
}

static int at_is_below(int dir, const char *path)
{
    return path && (path[0] == '/' || dir == AT_FDCWD) ? is_below(path) : fd_is_below(dir);
}

/* Counts a call that touches the folder; 0 if it shall go on, else what it fails with; a negative number means: die. */
static int trouble(enum does does, int *first)
{
    *first = 0;
    if (does == READS && how != EIO_ONCE && how != DEAD) return 0;
    uint64_t number = atomic_fetch_add(count, 1) + 1;
    if (at == 0 || number < at) return 0;
    *first = number == at;
    switch (how) {
    case ENOSPC_ONCE: return *first && does == NEEDS ? ENOSPC : 0;
    case FULL: return does == NEEDS ? ENOSPC : 0;
    case EIO_ONCE: return *first ? EIO : 0;
    case DEAD: return EIO;
    case KILL: return *first ? -1 : 0;
    default: return 0;
    }
}

/* For a call without bytes: 1 if it must fail, with errno set. */
static int fails(enum does does)
{
    int first, why = trouble(does, &first);
    if (why < 0) raise(SIGKILL);
    if (why > 0) errno = why;
    return why > 0;
}

/* For a write: how many of its bytes get out, or -1 for all of them. */
static ssize_t cut(int fd, size_t bytes, int *why)
{
    int first;
    *why = fd_is_below(fd) ? trouble(NEEDS, &first) : 0;
    if (*why == 0) return -1;
    return *why < 0 || (how == FULL && first) ? (ssize_t)(bytes / 2) : 0;
}

static ssize_t ended(ssize_t written, int why)
{
    if (why < 0) raise(SIGKILL);
    if (written > 0) return written;
    errno = why;
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    NEXT(write);
    int why;
    ssize_t out = cut(fd, n, &why);
    if (out < 0) return next(fd, bytes, n);
    return ended(out > 0 ? next(fd, bytes, out) : 0, why);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    NEXT(writev);
    int why;
    ssize_t out = cut(fd, n > 0 ? parts[0].iov_len : 0, &why);
    if (out < 0) return next(fd, parts, n);
    struct iovec half = {n > 0 ? parts[0].iov_base : NULL, (size_t)out};
    return ended(out > 0 ? next(fd, &half, 1) : 0, why);
}

#define PWRITE(name, offset)                                          \
    ssize_t name(int fd, const void *bytes, size_t n, offset place)   \
    {                                                                 \
        NEXT(name);                                                   \
        int why;                                                      \
        ssize_t out = cut(fd, n, &why);                               \
        if (out < 0) return next(fd, bytes, n, place);                \
        return ended(out > 0 ? next(fd, bytes, out, place) : 0, why); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t read(int fd, void *bytes, size_t n)
{
    NEXT(read);
    return fd_is_below(fd) && fails(READS) ? -1 : next(fd, bytes, n);
}

ssize_t readv(int fd, const struct iovec *parts, int n)
{
    NEXT(readv);
    return fd_is_below(fd) && fails(READS) ? -1 : next(fd, parts, n);
}

#define PREAD(name, offset)                                                    \
    ssize_t name(int fd, void *bytes, size_t n, offset place)                  \
    {                                                                          \
        NEXT(name);                                                            \
        return fd_is_below(fd) && fails(READS) ? -1 : next(fd, bytes, n, place); \
    }
PREAD(pread, off_t)
PREAD(pread64, off64_t)

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t n, unsigned flags)
{
    NEXT(copy_file_range);
    return fd_is_below(to) && fails(NEEDS) ? -1 : next(from, from_at, to, to_at, n, flags);
}

#define SENDFILE(name, offset)                                             \
    ssize_t name(int to, int from, offset *place, size_t n)                \
    {                                                                      \
        NEXT(name);                                                        \
        return fd_is_below(to) && fails(NEEDS) ? -1 : next(to, from, place, n); \
    }
SENDFILE(sendfile, off_t)
SENDFILE(sendfile64, off64_t)

#define ON_FD(name, arguments, call)                   \
    int name arguments                                 \
    {                                                  \
        NEXT(name);                                    \
        return fd_is_below(fd) && fails(NEEDS) ? -1 : next call; \
    }
ON_FD(fsync, (int fd), (fd))
ON_FD(fdatasync, (int fd), (fd))
ON_FD(ftruncate, (int fd, off_t n), (fd, n))
ON_FD(ftruncate64, (int fd, off64_t n), (fd, n))
ON_FD(fallocate, (int fd, int mode, off_t from, off_t n), (fd, mode, from, n))
ON_FD(fallocate64, (int fd, int mode, off64_t from, off64_t n), (fd, mode, from, n))

static enum does opening(int flags)
{
    return flags & (O_CREAT | O_TRUNC) ? NEEDS : READS;
}

#define MODE_OF(flags)                                    \
    mode_t mode = 0;                                      \
    if (flags & (O_CREAT | __O_TMPFILE)) {                \
        va_list more;                                     \
        va_start(more, flags);                            \
        mode = va_arg(more, mode_t);                      \
        va_end(more);                                     \
    }
#define OPEN(name)                                                          \
    int name(const char *path, int flags, ...)                              \
    {                                                                       \
        NEXT(name);                                                         \
        MODE_OF(flags)                                                      \
        return is_below(path) && fails(opening(flags)) ? -1 : next(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                        \
    int name(int dir, const char *path, int flags, ...)                     \
    {                                                                       \
        NEXT(name);                                                         \
        MODE_OF(flags)                                                      \
        return at_is_below(dir, path) && fails(opening(flags)) ? -1 : next(dir, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)

#define ON_PATH(name, does, seen, arguments, call)      \
    int name arguments                                  \
    {                                                   \
        NEXT(name);                                     \
        return (seen) && fails(does) ? -1 : next call;  \
    }
ON_PATH(mkdir, NEEDS, is_below(path), (const char *path, mode_t mode), (path, mode))
ON_PATH(mkdirat, NEEDS, at_is_below(dir, path), (int dir, const char *path, mode_t mode), (dir, path, mode))
ON_PATH(unlink, GIVES, is_below(path), (const char *path), (path))
ON_PATH(unlinkat, GIVES, at_is_below(dir, path), (int dir, const char *path, int flags), (dir, path, flags))
ON_PATH(rmdir, GIVES, is_below(path), (const char *path), (path))
ON_PATH(rename, NEEDS, is_below(to), (const char *from, const char *to), (from, to))
ON_PATH(renameat, NEEDS, at_is_below(there, to), (int here, const char *from, int there, const char *to),
        (here, from, there, to))
ON_PATH(renameat2, NEEDS, at_is_below(there, to),
        (int here, const char *from, int there, const char *to, unsigned flags), (here, from, there, to, flags))
ON_PATH(link, NEEDS, is_below(to), (const char *from, const char *to), (from, to))
ON_PATH(linkat, NEEDS, at_is_below(there, to), (int here, const char *from, int there, const char *to, int flags),
        (here, from, there, to, flags))
