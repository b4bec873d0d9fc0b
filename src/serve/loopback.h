/* loopback.h: requests to a server of our own on this machine: one connection, kept open. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Loopback Loopback;

/* seconds: that an answer may take. */
bool loopback_open(unsigned port, unsigned seconds, Loopback **ret, GError **error);
void loopback_close(Loopback *l);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Loopback, loopback_close)

/* Posts JSON; *ret_body: what came back, g_free.  FAIL_UNAVAILABLE: no whole answer came. */
bool loopback_post(
        Loopback *l, const char *path, const char *json, unsigned *ret_status, char **ret_body, GError **error);
