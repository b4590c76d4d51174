/*
 * A disk that keeps what was synced and nothing else, to be preloaded into the program (LD_PRELOAD).
 *
 * What would be there after the power is cut is written down beside the folder, at every fsync and fdatasync: of a file its bytes, of a
 * folder its entries. Nothing else ever becomes durable. Whatever was there at the start is durable.
 *
 *   POWER_BELOW   the folder, as an absolute path without links
 *   POWER_SHADOW  a folder outside it: bytes/KEY, entries/KEY (lines of `f KEY NAME` or `d KEY NAME`), root (the folder's own key)
 *   POWER_COUNT   a file of at least 8 bytes: the number of syncs so far
 *   POWER_AT      the number of the sync before which the process dies; none if it is 0
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY 64

static const char *below, *shadow;
static size_t below_length;
static uint64_t at;
static _Atomic uint64_t *count;
static _Atomic uint64_t counted_here;
static pthread_mutex_t disk = PTHREAD_MUTEX_INITIALIZER;

static void give_up(const char *what, const char *where)
{
    fprintf(stderr, "power_cut: cannot %s %s: %s\n", what, where, strerror(errno));
    abort();
}

/* What a file or folder is called in the shadow: inode numbers are given out again, times of birth are not. */
static int key_of(const char *path, char *key, int *is_folder)
{
    struct statx st;
    if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME | STATX_TYPE, &st) != 0) return 0;
    snprintf(key, KEY, "%llu-%lld-%u", (unsigned long long)st.stx_ino, (long long)st.stx_btime.tv_sec,
             st.stx_btime.tv_nsec);
    *is_folder = S_ISDIR(st.stx_mode);
    return S_ISREG(st.stx_mode) || *is_folder;
}

static void shadow_of(const char *kind, const char *key, char *place)
{
    if (snprintf(place, PATH_MAX, "%s/%s/%s", shadow, kind, key) >= PATH_MAX) give_up("name", key);
}

static void put_in_place(const char *fresh, const char *place)
{
    if (rename(fresh, place) != 0) give_up("rename", place);
}

static void keep_bytes(const char *path, const char *key)
{
    char place[PATH_MAX], fresh[PATH_MAX + 8], block[65536];
    shadow_of("bytes", key, place);
    snprintf(fresh, sizeof fresh, "%s.new", place);
    int from = open(path, O_RDONLY | O_CLOEXEC), to = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (from < 0 || to < 0) give_up("copy", path);
    ssize_t n;
    while ((n = read(from, block, sizeof block)) > 0)
        if (write(to, block, (size_t)n) != n) give_up("write", fresh);
    close(from);
    close(to);
    put_in_place(fresh, place);
}

static void keep_entries(const char *path, const char *key)
{
    char place[PATH_MAX], fresh[PATH_MAX + 8], entry[PATH_MAX], its_key[KEY];
    shadow_of("entries", key, place);
    snprintf(fresh, sizeof fresh, "%s.new", place);
    FILE *list = fopen(fresh, "we");
    DIR *folder = opendir(path);
    if (list == NULL || folder == NULL) give_up("list", path);
    for (struct dirent *one; (one = readdir(folder)) != NULL;) {
        int is_folder;
        if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0) continue;
        if (snprintf(entry, sizeof entry, "%s/%s", path, one->d_name) >= (int)sizeof entry) give_up("name", path);
        if (key_of(entry, its_key, &is_folder)) fprintf(list, "%c %s %s\n", is_folder ? 'd' : 'f', its_key, one->d_name);
    }
    closedir(folder);
    fclose(list);
    put_in_place(fresh, place);
}

/* Everything below a folder, as it is at the start. */
static void keep_all(const char *path)
{
    char key[KEY], entry[PATH_MAX];
    int is_folder;
    if (!key_of(path, key, &is_folder)) return;
    if (!is_folder) {
        keep_bytes(path, key);
        return;
    }
    keep_entries(path, key);
    DIR *folder = opendir(path);
    for (struct dirent *one; folder && (one = readdir(folder)) != NULL;) {
        if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0) continue;
        if (snprintf(entry, sizeof entry, "%s/%s", path, one->d_name) >= (int)sizeof entry) give_up("name", path);
        keep_all(entry);
    }
    if (folder) closedir(folder);
}

__attribute__((constructor)) static void begin(void)
{
    const char *number = getenv("POWER_AT"), *counter = getenv("POWER_COUNT");
    char place[PATH_MAX], key[KEY];
    int is_folder;
    below = getenv("POWER_BELOW");
    shadow = getenv("POWER_SHADOW");
    below_length = below && shadow ? strlen(below) : 0;
    at = number ? strtoull(number, NULL, 10) : 0;
    count = &counted_here;
    int fd = counter ? open(counter, O_RDWR | O_CLOEXEC) : -1;
    if (fd >= 0) {
        void *shared = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (shared != MAP_FAILED) count = shared;
        close(fd);
    }
    if (below_length == 0 || mkdir(shadow, 0700) != 0) return;
    snprintf(place, sizeof place, "%s/bytes", shadow);
    mkdir(place, 0700);
    snprintf(place, sizeof place, "%s/entries", shadow);
    mkdir(place, 0700);
    keep_all(below);
    snprintf(place, sizeof place, "%s/root", shadow);
    FILE *root = fopen(place, "we");
    if (root == NULL || !key_of(below, key, &is_folder)) give_up("write", place);
    fputs(key, root);
    fclose(root);
}

/* 0 if the descriptor is none of the folder's. */
static int keep(int fd)
{
    char link[40], path[PATH_MAX], key[KEY];
    int kept = errno, is_folder;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = below_length ? readlink(link, path, PATH_MAX - 1) : -1;
    path[n < 0 ? 0 : n] = 0;
    if (n <= 0 || strncmp(path, below, below_length) != 0 || (path[below_length] != '/' && path[below_length] != 0)) {
        errno = kept;
        return 0;
    }
    pthread_mutex_lock(&disk);
    if (atomic_fetch_add(count, 1) + 1 == at) raise(SIGKILL);
    /* A file without a name any more has nothing that could be found again. */
    if (key_of(path, key, &is_folder)) (is_folder ? keep_entries : keep_bytes)(path, key);
    pthread_mutex_unlock(&disk);
    errno = kept;
    return 1;
}

#define SYNC(name)                                                             \
    int name(int fd)                                                           \
    {                                                                          \
        static __typeof__(&name) next;                                         \
        if (next == NULL) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name);   \
        return keep(fd) ? 0 : next(fd);                                        \
    }
SYNC(fsync)
SYNC(fdatasync)
