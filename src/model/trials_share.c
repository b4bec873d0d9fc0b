/* trials_share.c: what is prepared for trials, by its key. */
#include "model/trials_share.h"

#include <malloc.h>

#include "model/footprint.h"

enum {
	KINDS = 4, /* that room is kept for: views of categories, and the bins of forests */
	LATE_SHARE =
	        20, /* limits of time are not seen to while a fold is prepared: that may take one part of so many of them */
};

typedef struct Kind {
	char *key;          /* of the first fold */
	const Trial *first; /* that came with it */
	bool is_wanted, is_refused;
	size_t made;     /* folds */
	Prepared *folds; /* those without rows to judge stay empty */
} Kind;

struct TrialsShare {
	const TrialSetup *setup;
	const Trials *trials;
	TrialsShareLimits limits;
	size_t before_mb; /* of this process */
	GPtrArray *kinds; /* of Kind * */
};

static size_t fold_count(const TrialsShare *s)
{
	return s->setup->data->fold_count;
}

static void clear_folds(Kind *k, size_t count)
{
	for (size_t i = 0; i < count; i++)
		prepared_clear(&k->folds[i]);
}

void trials_share_free(TrialsShare *s)
{
	if (!s)
		return;
	for (guint i = 0; i < s->kinds->len; i++) {
		Kind *k = s->kinds->pdata[i];
		clear_folds(k, fold_count(s));
		g_free(k->folds);
		g_free(k->key);
		g_free(k);
	}
	g_ptr_array_unref(s->kinds);
	g_free(s);
	malloc_trim(0);
}

TrialsShare *trials_share_new(const TrialSetup *setup, const Trials *t, const TrialsShareLimits *limits)
{
	TrialsShare *s = g_new0(TrialsShare, 1);
	s->setup = setup;
	s->trials = t;
	s->limits = *limits;
	s->before_mb = footprint_own_mb();
	s->kinds = g_ptr_array_new();
	return s;
}

static bool prepare(const TrialSetup *setup, const Trial *t, size_t fold, bool make, Prepared *ret)
{
	TrainSet set = trial_train_set(setup, &setup->data->folds[fold]);
	return t->family->prepare && t->family->prepare(&set, t->params, make, ret, NULL);
}

static double kept_by_folds(const TrialSetup *setup, const Trial *t)
{
	double sum = 0;
	for (size_t k = 0; k < setup->data->fold_count; k++) {
		Prepared p = {0};
		if (setup->data->folds[k].valid.x.rows > 0 && prepare(setup, t, k, false, &p))
			sum += p.kept;
		prepared_clear(&p);
	}
	return sum;
}

double trials_share_wanted(const TrialSetup *setup, const Trials *t)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	double largest = 0;
	for (guint i = 0; i < t->list->len; i++) {
		const Trial *one = t->list->pdata[i]; /* a family's first has its defaults */
		if (g_hash_table_add(seen, (gpointer)one->family))
			largest = MAX(largest, kept_by_folds(setup, one));
	}
	return KINDS * largest;
}

static Kind *find(const TrialsShare *s, const char *key)
{
	for (guint i = 0; i < s->kinds->len; i++) {
		Kind *k = s->kinds->pdata[i];
		if (g_str_equal(k->key, key))
			return k;
	}
	return NULL;
}

/* NULL: the trial shares nothing. */
static char *key_of(const TrialsShare *s, const Trial *t)
{
	Prepared p = {0};
	if (!prepare(s->setup, t, 0, false, &p))
		return NULL;
	char *key = g_steal_pointer(&p.key);
	prepared_clear(&p);
	return key;
}

/* Will another want it, as far as is known? */
static bool is_awaited(const TrialsShare *s, const char *key, const Trial *t)
{
	for (guint i = 0; i < s->trials->list->len; i++) {
		const Trial *other = s->trials->list->pdata[i];
		if (other == t || other->result || other->pruned || other->failure)
			continue;
		g_autofree char *wanted = key_of(s, other);
		if (g_strcmp0(wanted, key) == 0)
			return true;
	}
	return false;
}

static double kept(const TrialsShare *s)
{
	size_t now = footprint_own_mb();
	return now > s->before_mb ? (double)(now - s->before_mb) * 0x1p20 : 0;
}

static bool has_time(const TrialsShare *s, double seconds)
{
	const TrialsShareLimits *l = &s->limits;
	return (l->trial_time == 0 || l->trial_time >= LATE_SHARE * seconds) &&
	       (!l->left || l->left(l->context) >= LATE_SHARE * seconds);
}

static bool make_fold(const TrialsShare *s, const Trial *t, size_t fold, Prepared *ret)
{
	Prepared p = {0};
	if (s->setup->data->folds[fold].valid.x.rows == 0)
		return true;
	bool fits = prepare(s->setup, t, fold, false, &p) && p.most <= s->limits.most_bytes && has_time(s, p.seconds);
	prepared_clear(&p);
	bool ok = fits && prepare(s->setup, t, fold, true, ret);
	malloc_trim(0); /* else children forked now would have what was freed as their own */
	return ok && kept(s) <= s->limits.bytes;
}

static void refuse(Kind *k)
{
	clear_folds(k, k->made + 1); /* no child was forked since they were begun */
	k->is_refused = true;
	malloc_trim(0);
}

static Kind *kind_new(TrialsShare *s, char *key, const Trial *t)
{
	Kind *k = g_new0(Kind, 1);
	*k = (Kind){
	        .key = key, .first = t, .is_wanted = is_awaited(s, key, t), .folds = g_new0(Prepared, fold_count(s))};
	g_ptr_array_add(s->kinds, k);
	return k;
}

bool trials_share_make(TrialsShare *s, const Trial *t)
{
	g_autofree char *key = key_of(s, t);
	Kind *k = key ? find(s, key) : NULL;
	if (key && !k)
		k = kind_new(s, g_steal_pointer(&key), t);
	if (!k || k->is_refused || k->made == fold_count(s))
		return false;
	k->is_wanted = k->is_wanted || k->first != t;
	if (!k->is_wanted)
		return false;
	if (k->made == 0 && kept(s) + kept_by_folds(s->setup, t) > s->limits.bytes)
		k->is_refused = true;
	else if (!make_fold(s, t, k->made, &k->folds[k->made]))
		refuse(k);
	else
		k->made++;
	return !k->is_refused && k->made < fold_count(s);
}

const Prepared *trials_share_of(const TrialsShare *s, const Trial *t)
{
	g_autofree char *key = key_of(s, t);
	const Kind *k = key ? find(s, key) : NULL;
	return k && k->made == fold_count(s) ? k->folds : NULL;
}
