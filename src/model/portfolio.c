/* portfolio.c: walks the families' portfolios in turn. */
#include "model/portfolio.h"

#include "base/json.h"

static const char *const *entries_of(const SearchSpace *space, const ModelFamily *family)
{
	return space->is_wide && family->wide_portfolio ? family->wide_portfolio : family->portfolio;
}

static size_t length_of(const SearchSpace *space, const ModelFamily *family)
{
	const char *const *entries = entries_of(space, family);
	size_t count = 0;
	while (entries && entries[count])
		count++;
	return count;
}

/* Of equal shares the earlier. */
static const ModelFamily *family_of_rank(const SearchSpace *space, size_t rank)
{
	for (size_t i = 0; i < space->count; i++) {
		size_t before = 0;
		for (size_t k = 0; k < space->count; k++) {
			unsigned ours = space->families[i]->search_share, other = space->families[k]->search_share;
			before += other > ours || (other == ours && k < i);
		}
		if (before == rank)
			return space->families[i];
	}
	return NULL;
}

static json_t *entry_params(const SearchSpace *space, const ModelFamily *family, const char *entry)
{
	json_auto_t *given = json_loads(entry, 0, NULL);
	json_t *params = NULL;
	json_object_update(given, json_object_get(space->fixed, family->name));
	param_fill(family->params, NULL, given, &params, NULL);
	search_widen(space, family, params);
	return params;
}

bool portfolio_next(const SearchSpace *space, unsigned number, const ModelFamily **ret_family, json_t **ret_params)
{
	size_t longest = 0;
	for (size_t i = 0; i < space->count; i++)
		longest = MAX(longest, length_of(space, space->families[i]));
	for (size_t place = 0; place < longest; place++)
		for (size_t rank = 0; rank < space->count; rank++) {
			const ModelFamily *family = family_of_rank(space, rank);
			if (place >= length_of(space, family) || number-- > 0)
				continue;
			*ret_family = family;
			*ret_params = entry_params(space, family, entries_of(space, family)[place]);
			return true;
		}
	return false;
}
