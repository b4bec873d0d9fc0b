/* replay_form.h: rows as requests of the protocols a server speaks: kinds. */
#pragma once

#include "data/frame.h"

typedef struct ReplayForm {
	const char *name, *help;
	char *(*path)(const char *model); /* free with g_free */
	/* columns: names of the model's inputs, NULL-ended; rows from .. from + count. */
	void (*write)(GString *to, const char *model, const Frame *rows, const char *const *columns, size_t from,
	        size_t count);
} ReplayForm;

extern const ReplayForm *const REPLAY_FORMS[]; /* NULL-ended */
const ReplayForm *replay_form(const char *name);
