/* ubj.h: a cursor over Universal Binary JSON (ubjson.org), the form in which XGBoost gives out a model.  It reads in place:
 * nothing is copied, so a forest of 50 MB costs no more than those.  Every read is checked against the end; a cursor that
 * met something else than asked for turns bad and stays bad. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Ubj {
	const uint8_t *at, *end;
	bool ok;
} Ubj;

/* The value of a member of the object at the cursor; bad if it has none of that name. */
Ubj ubj_member(Ubj object, const char *name);

typedef struct UbjArray {
	Ubj items; /* at the first; ubj_skip moves on */
	char type; /* of all items; 0: each says its own */
	size_t count;
} UbjArray;
UbjArray ubj_array(Ubj value); /* count 0 when bad */
/* The i-th number of an array whose items have one type; 0 when there is none. */
double ubj_number(const UbjArray *a, size_t i);

/* The number at the cursor of an array, whose items may each say their type; moves over it.  0 at the end. */
double ubj_next(UbjArray *a);

/* Moves over one value. */
void ubj_skip(Ubj *u);
