/* desk.h: what most ops start from: the project at hand, its store and its blobs. */
#pragma once

#include "op/op.h"
#include "project/project.h"
#include "store/blobs.h"
#include "store/meta.h"

typedef struct Desk {
	Project *project;
	Meta *meta;
	Blobs *blobs;
} Desk;

/* For ops that only read: FAIL_NOT_FOUND where nothing has run yet. */
bool desk_open(const App *app, Desk *ret, GError **error);
/* The same for ops that need what the blocks of gyre.yaml say: an error in it is told. */
bool desk_open_sound(const App *app, Desk *ret, GError **error);
/* For ops that write: makes the state folder where it is absent. */
bool desk_make(const App *app, Desk *ret, GError **error);
void desk_clear(Desk *d);

/* A JSON artifact by its digest. */
bool desk_json(const Desk *d, const char *digest, json_t **ret, GError **error);

/* Microseconds UTC as text for people; null for 0. */
json_t *time_json(int64_t us);
