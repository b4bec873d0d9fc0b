/* prepared.c: freeing and finding what was prepared. */
#include "model/prepared.h"

#include "model/family.h"

void prepared_clear(Prepared *p)
{
	if (p->thing)
		p->free(p->thing);
	g_free(p->key);
	*p = (Prepared){0};
}

static bool is_same(const Matrix *a, const Matrix *b)
{
	return a && b && a->values == b->values && a->rows == b->rows && a->columns == b->columns;
}

/* A training need not watch the rows that others do. */
const void *prepared_find(const TrainSet *set, const char *key)
{
	const Prepared *p = set->prepared;
	if (!p || !p->thing || g_strcmp0(p->key, key) != 0 || !is_same(p->x, set->x) ||
	        (set->valid && !is_same(p->valid, set->valid)))
		return NULL;
	return p->thing;
}
