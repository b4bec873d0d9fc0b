/* roles.h: what the project says of columns, as far as features care. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* Why no feature may be made of a column, as the end of the sentence 'column "x" ...'; NULL: it may. */
const char *roles_refuse(const json_t *roles, const char *name);

/* The labels of a classification, NULL for a number.  Borrowed. */
const json_t *roles_classes(const json_t *roles);
