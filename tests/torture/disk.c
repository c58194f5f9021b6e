/* A disk that keeps what it promised, and no more: preloaded into every process that works on one folder.

   Beside the folder (DISK_ROOT) stands an image (DISK_IMAGE) of what is certain to survive a power cut.
   Nothing gets there but by a sync: that of a file saves its content as it is then, that of a folder its
   list of names. The first sync of a new file saves its own name as well, and those of the folders above it:
   POSIX does not say so, but ext4, XFS and Btrfs do it, and PostgreSQL has no other way to keep the names of
   its tables. A later change of the name is lost until its folder is synced. Content is kept by file, not by
   name, for that reason:

       files/KEY    content                                    KEY is the inode and its time of birth, since
       folders/KEY  a line `f KEY name` or `d KEY name` each,      inode numbers are used again
                    of which the last one about a name holds
       control      struct control, shared by all processes

   What was written and not synced stands in the folder alone. disk.py cuts the power: it keeps the image, and
   of the rest what chance has it. The real sync is not called: it would cost time and add nothing.

   Not covered, as neither SQLite nor PostgreSQL (wal_sync_method=fdatasync) does it: O_SYNC, msync, syncfs. */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct control {
    atomic_int syncs_left;  /* so many syncs of matching files succeed, then one fails; -1: all succeed */
    atomic_int writes_left; /* so many writes at the end of matching files succeed, then none; -1: all */
    atomic_int syncs_done;
    atomic_int syncs_failed;
    char name[112]; /* a file matches whose path contains it */
};

static char root[PATH_MAX], image[PATH_MAX];
static struct control *control;

/* Nobody's umask matters: the database may run as another user, and both save the names of one folder. */
static void share(int fd) {
    struct stat found;
    if (fstat(fd, &found) == 0 && found.st_uid == geteuid())
        fchmod(fd, 0666);
}

__attribute__((constructor)) static void start(void) {
    const char *where = getenv("DISK_ROOT"), *beside = getenv("DISK_IMAGE");
    if (where == NULL || beside == NULL)
        return;
    snprintf(root, sizeof root, "%s", where);
    snprintf(image, sizeof image, "%s", beside);
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/control", image);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        perror(path);
        abort();
    }
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (control == MAP_FAILED)
        abort();
}

/* A disk that cannot keep its books must not look like one that lost something. */
static void broken(const char *what) {
    perror(what);
    abort();
}

static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, PATH_MAX - 1);
    if (size < 0)
        return 0;
    path[size] = 0;
    size_t length = strlen(root);
    return strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int is_on_disk(int fd, char *path) { return control != NULL && path_of(fd, path); }

static int matches(const char *path) { return strstr(path, control->name) != NULL; }

/* Write the key of a file into `key`, its type into `type`: f, d, or 0 for what a disk does not hold. */
static int key_of(int folder, const char *name, char *key, size_t size, char *type) {
    struct statx found;
    int flags = AT_SYMLINK_NOFOLLOW | (name[0] == 0 ? AT_EMPTY_PATH : 0);
    if (statx(folder, name, flags, STATX_INO | STATX_BTIME | STATX_TYPE, &found) != 0)
        return -1;
    snprintf(key, size, "%llu-%lld-%u", (unsigned long long)found.stx_ino,
             (long long)found.stx_btime.tv_sec, found.stx_btime.tv_nsec);
    *type = S_ISREG(found.stx_mode) ? 'f' : S_ISDIR(found.stx_mode) ? 'd' : 0;
    return 0;
}

/* For disk.py, which must name files alike. */
int disk_key(const char *path, char *key, size_t size) {
    char type;
    return key_of(AT_FDCWD, path, key, size, &type);
}

static int reopen(int fd, int flags) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return open(link, flags | O_CLOEXEC);
}

/* Add a name to what is kept of its folder, and that folder to the one above it, up to the root. */
static void save_name(const char *path, char type, const char *key) {
    char above[PATH_MAX], list[PATH_MAX + 128], folder_key[64], folder_type, line[PATH_MAX];
    snprintf(above, sizeof above, "%s", path);
    char *slash = strrchr(above, '/');
    *slash = 0;
    int folder = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || key_of(folder, "", folder_key, sizeof folder_key, &folder_type) != 0)
        broken(above);
    flock(folder, LOCK_EX);
    snprintf(list, sizeof list, "%s/folders/%s", image, folder_key);
    int to = open(list, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    int size = snprintf(line, sizeof line, "%c %s %s\n", type, key, slash + 1);
    if (to < 0 || write(to, line, (size_t)size) != size)
        broken(list);
    share(to);
    close(to);
    close(folder);
    if (strcmp(above, root) != 0)
        save_name(above, 'd', folder_key);
}

static void save_content(int fd, const char *path, const char *key) {
    static _Thread_local char buffer[1 << 18];
    char saved[PATH_MAX + 128];
    snprintf(saved, sizeof saved, "%s/files/%s", image, key);
    if (access(saved, F_OK) != 0 && access(path, F_OK) == 0) /* it may have no name any more */
        save_name(path, 'f', key);
    /* Over what is there, never truncated first: a kill halfway leaves each sector old or new. */
    int to = open(saved, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    /* Read by the caller's own descriptor where it can be read: to close another one would drop the locks
       that SQLite holds on the file. */
    int from = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY ? reopen(fd, O_RDONLY) : fd;
    if (to < 0 || from < 0)
        broken(saved);
    flock(to, LOCK_EX); /* or a slower copy of an older state could end up on top */
    off_t at = 0;
    ssize_t size;
    while ((size = pread(from, buffer, sizeof buffer, at)) > 0) {
        if (pwrite(to, buffer, (size_t)size, at) != size)
            broken(saved);
        at += size;
    }
    if (size < 0 || ftruncate(to, at) != 0)
        broken(saved);
    if (from != fd)
        close(from);
    close(to);
}

static void save_names(int fd, const char *key) {
    char draft[PATH_MAX + 160], path[PATH_MAX + 128];
    snprintf(path, sizeof path, "%s/folders/%s", image, key);
    snprintf(draft, sizeof draft, "%s.%d", path, (int)gettid());
    int folder = reopen(fd, O_RDONLY | O_DIRECTORY);
    if (folder < 0)
        broken(path);
    flock(folder, LOCK_EX);
    DIR *names = fdopendir(folder);
    FILE *list = fopen(draft, "we");
    if (names == NULL || list == NULL)
        broken(draft);
    struct dirent *each;
    while ((each = readdir(names)) != NULL) {
        char child[64], type;
        if (strcmp(each->d_name, ".") == 0 || strcmp(each->d_name, "..") == 0)
            continue;
        if (key_of(folder, each->d_name, child, sizeof child, &type) == 0 && type != 0)
            fprintf(list, "%c %s %s\n", type, child, each->d_name);
    }
    share(fileno(list));
    if (fclose(list) != 0 || rename(draft, path) != 0)
        broken(path);
    closedir(names); /* and with it the lock */
}

static int sync_to_image(int fd, const char *path) {
    if (atomic_load(&control->syncs_left) >= 0 && matches(path) &&
        atomic_fetch_sub(&control->syncs_left, 1) == 0) {
        atomic_fetch_add(&control->syncs_failed, 1);
        errno = EIO;
        return -1;
    }
    char key[64], type;
    if (key_of(fd, "", key, sizeof key, &type) != 0)
        return -1;
    if (type == 'f')
        save_content(fd, path, key);
    else if (type == 'd')
        save_names(fd, key);
    atomic_fetch_add(&control->syncs_done, 1);
    return 0;
}

#define REAL(name)                                                                                          \
    static __typeof__(&name) real;                                                                          \
    if (real == NULL)                                                                                       \
    real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

int fsync(int fd) {
    REAL(fsync);
    char path[PATH_MAX];
    return is_on_disk(fd, path) ? sync_to_image(fd, path) : real(fd);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    char path[PATH_MAX];
    return is_on_disk(fd, path) ? sync_to_image(fd, path) : real(fd);
}

/* A full disk refuses what needs new room; what has its room can still be written over. */
static int is_full(int fd, off_t end) {
    char path[PATH_MAX];
    struct stat found;
    if (control == NULL || atomic_load(&control->writes_left) < 0 || !path_of(fd, path) || !matches(path))
        return 0;
    if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode) || end <= found.st_size)
        return 0;
    int left = atomic_load(&control->writes_left);
    while (left > 0 && !atomic_compare_exchange_weak(&control->writes_left, &left, left - 1))
        ;
    if (left != 0)
        return 0;
    errno = ENOSPC;
    return 1;
}

static off_t total(const struct iovec *parts, int count) {
    off_t size = 0;
    for (int each = 0; each < count; each++)
        size += (off_t)parts[each].iov_len;
    return size;
}

static off_t position(int fd) {
    struct stat found;
    if ((fcntl(fd, F_GETFL) & O_APPEND) != 0 && fstat(fd, &found) == 0)
        return found.st_size;
    return lseek(fd, 0, SEEK_CUR);
}

ssize_t write(int fd, const void *bytes, size_t size) {
    REAL(write);
    if (control != NULL && atomic_load(&control->writes_left) >= 0 && is_full(fd, position(fd) + (off_t)size))
        return -1;
    return real(fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
    REAL(pwrite);
    return is_full(fd, at + (off_t)size) ? -1 : real(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
    REAL(pwrite64);
    return is_full(fd, at + (off_t)size) ? -1 : real(fd, bytes, size, at);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    REAL(pwritev);
    return is_full(fd, at + total(parts, count)) ? -1 : real(fd, parts, count, at);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
    REAL(pwritev64);
    return is_full(fd, at + total(parts, count)) ? -1 : real(fd, parts, count, at);
}

int posix_fallocate(int fd, off_t at, off_t size) {
    REAL(posix_fallocate);
    return is_full(fd, at + size) ? ENOSPC : real(fd, at, size);
}

int posix_fallocate64(int fd, off64_t at, off64_t size) {
    REAL(posix_fallocate64);
    return is_full(fd, at + size) ? ENOSPC : real(fd, at, size);
}

int fallocate(int fd, int mode, off_t at, off_t size) {
    REAL(fallocate);
    return is_full(fd, at + size) ? -1 : real(fd, mode, at, size);
}

int fallocate64(int fd, int mode, off64_t at, off64_t size) {
    REAL(fallocate64);
    return is_full(fd, at + size) ? -1 : real(fd, mode, at, size);
}
