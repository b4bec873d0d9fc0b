/* lock.h: one holder of a name among all processes, until it lets go or dies.
 *
 * Names are places in one file (byte ranges at a hash of the name, F_OFD_SETLK), so a lock leaves nothing behind and costs
 * no file.  Two names share a place once in 2^62.  A lock goes to child processes that inherit its descriptor: it is free
 * when the last of them is gone. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* *ret_fd: the lock, close-on-exec; close(2) lets it go.  -1 when another holds it. */
bool lock_try(const char *state_folder, const char *name, int *ret_fd, GError **error);

/* Waits as long as it takes. */
bool lock_wait(const char *state_folder, const char *name, int *ret_fd, GError **error);
