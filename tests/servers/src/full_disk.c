/* Put before the C library of a PostgreSQL server: while the file exists that FACTUM_TEST_FULL names, what
 * would make a file of its tables longer fails as on a full disk. What is there can be written again. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int refuses(int fd, off_t end)
{
    const char *sign = getenv("FACTUM_TEST_FULL");
    char link[64], path[4096];
    struct stat stat;
    if (sign == NULL || access(sign, F_OK) != 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return strstr(path, "/base/") != NULL && fstat(fd, &stat) == 0 && end > stat.st_size;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (real == NULL)
        real = dlsym(RTLD_NEXT, "pwrite");
    if (refuses(fd, offset + (off_t)count)) {
        errno = ENOSPC;
        return -1;
    }
    return real(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset)
{
    return pwrite(fd, bytes, count, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    static ssize_t (*real)(int, const struct iovec *, int, off_t);
    off_t end = offset;
    if (real == NULL)
        real = dlsym(RTLD_NEXT, "pwritev");
    for (int part = 0; part < count; part++)
        end += parts[part].iov_len;
    if (refuses(fd, end)) {
        errno = ENOSPC;
        return -1;
    }
    return real(fd, parts, count, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset)
{
    return pwritev(fd, parts, count, offset);
}

int posix_fallocate(int fd, off_t offset, off_t length)
{
    static int (*real)(int, off_t, off_t);
    if (real == NULL)
        real = dlsym(RTLD_NEXT, "posix_fallocate");
    return refuses(fd, offset + length) ? ENOSPC : real(fd, offset, length);
}

int posix_fallocate64(int fd, off_t offset, off_t length)
{
    return posix_fallocate(fd, offset, length);
}
