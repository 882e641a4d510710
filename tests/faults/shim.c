/* SPDX-License-Identifier: GPL-3.0-or-later
 * Makes calls of the C library fail, as other file systems do.
 *
 * Each variable holds an errno: SHIM_FLOCK, SHIM_SYMLINK, SHIM_FSYNC_DIRECTORY, and
 * SHIM_EXCLUSIVE for O_EXCL on files of the names SHIM_EXCLUSIVE_NAME, SHIM_MKDIR on directories
 * whose names hold SHIM_MKDIR_NAME.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

static int fault(const char *name)
{
    const char *value = getenv(name);
    return value ? atoi(value) : 0;
}

static int named(const char *path, const char *variable)
{
    const char *name = getenv(variable);
    return path && name && strstr(path, name) != NULL;
}

int flock(int file, int operation)
{
    int (*real)(int, int) = dlsym(RTLD_NEXT, "flock");
    if (fault("SHIM_FLOCK")) {
        errno = fault("SHIM_FLOCK");
        return -1;
    }
    return real(file, operation);
}

int symlink(const char *target, const char *path)
{
    int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "symlink");
    if (fault("SHIM_SYMLINK")) {
        errno = fault("SHIM_SYMLINK");
        return -1;
    }
    return real(target, path);
}

int fsync(int file)
{
    int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
    struct stat seen;
    if (fault("SHIM_FSYNC_DIRECTORY") && !fstat(file, &seen) && S_ISDIR(seen.st_mode)) {
        errno = fault("SHIM_FSYNC_DIRECTORY");
        return -1;
    }
    return real(file);
}

int mkdir(const char *path, mode_t mode)
{
    int (*real)(const char *, mode_t) = dlsym(RTLD_NEXT, "mkdir");
    if (fault("SHIM_MKDIR") && named(path, "SHIM_MKDIR_NAME")) {
        errno = fault("SHIM_MKDIR");
        return -1;
    }
    return real(path, mode);
}

static int opened(const char *which, const char *path, int flags, mode_t mode)
{
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, which);
    if (flags & O_EXCL && fault("SHIM_EXCLUSIVE") && named(path, "SHIM_EXCLUSIVE_NAME")) {
        errno = fault("SHIM_EXCLUSIVE");
        return -1;
    }
    return real(path, flags, mode);
}

static mode_t mode_of(int flags, va_list rest)
{
    return flags & O_CREAT ? va_arg(rest, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return opened("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return opened("open64", path, flags, mode);
}
