/* portfolio.c: walks the families' portfolios in turn. */
#include "model/portfolio.h"

#include "base/json.h"

static size_t length_of(const ModelFamily *family)
{
	size_t count = 0;
	while (family->portfolio && family->portfolio[count])
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
	return params;
}

bool portfolio_next(const SearchSpace *space, unsigned number, const ModelFamily **ret_family, json_t **ret_params)
{
	size_t longest = 0;
	for (size_t i = 0; i < space->count; i++)
		longest = MAX(longest, length_of(space->families[i]));
	for (size_t place = 0; place < longest; place++)
		for (size_t rank = 0; rank < space->count; rank++) {
			const ModelFamily *family = family_of_rank(space, rank);
			if (place >= length_of(family) || number-- > 0)
				continue;
			*ret_family = family;
			*ret_params = entry_params(space, family, family->portfolio[place]);
			return true;
		}
	return false;
}
