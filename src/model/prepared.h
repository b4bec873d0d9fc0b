/* prepared.h: what trainings on the same rows begin with and only read, as rows sorted into bins.
 *
 * A process that forks trainings makes it once, and they share its memory.  Making it must leave no threads behind. */
#pragma once

#include <stdbool.h>

#include "feature/matrix.h"

struct TrainSet;

typedef struct Prepared {
	const Matrix *x, *valid; /* of these rows: a TrainSet's; borrowed */
	char *key;               /* what it is: of the same rows and with the same key it is the same */
	double kept, most;       /* bytes it takes, and while it is made: guesses from above */
	double seconds;          /* that making it takes: a guess from above */
	void *thing;             /* the family's; NULL: not made */
	void (*free)(void *thing);
} Prepared;

void prepared_clear(Prepared *p);

/* What was made of just these rows under this key; NULL: nothing.  Borrowed. */
const void *prepared_find(const struct TrainSet *set, const char *key);
