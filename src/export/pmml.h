/* pmml.h: pieces of PMML 4.4 (Predictive Model Markup Language, dmg.org): expressions as texts that are put into one another, fields, and a document
 * under construction.
 *
 * Expressions are g_malloc'd and given away to what they are put into. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define PMML_NAMESPACE "http://www.dmg.org/PMML-4_4"

typedef struct Pmml {
	GString *globals;    /* derived fields that all models see */
	GString *segments;   /* of the chain of models, each of which leaves a number that later ones may use */
	GString *locals;     /* derived fields of the last model, made of these numbers */
	GPtrArray *numbers;  /* names of these numbers */
	char *prefix;        /* of names made here: no column begins with it */
	GPtrArray *features; /* names of the features' fields */
	const char *target;  /* name of the target's field; borrowed, as its classes are */
	GPtrArray *classes;  /* const char *; none where it is a number */
	unsigned next;       /* number of the next field or segment */
} Pmml;

Pmml *pmml_new(const char *prefix);
void pmml_free(Pmml *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pmml, pmml_free)

/* As the content of an element or attribute.  g_free. */
char *pmml_escape(const char *text);
/* Can XML hold this text?  Most control characters it cannot. */
bool pmml_can_hold(const char *text);
/* As short as it can be with every bit kept. */
char *pmml_digits(double value);

/* Expressions. */
char *pmml_field(const char *name);
char *pmml_field_or(const char *name, double otherwise); /* where it is missing */
char *pmml_number(double value);
char *pmml_text(const char *value);
/* "+", "if", "isMissing", ...: up to three arguments, NULL-ended, each given away. */
char *pmml_apply(const char *function, char *a, char *b, char *c);
/* Where the field is there: the expression; else missing. */
char *pmml_if_there(const char *field, char *then);
char *pmml_sum(char **parts, size_t count); /* given away; 0 of none */

/* A field of a number ("double", "float") or of a text ("string"), among `to`; the expression is given away.  Its name: owned by the caller. */
char *pmml_derive(Pmml *p, GString *to, const char *type, char *expression);
/* The same under a name of its own. */
void pmml_derive_named(GString *to, const char *name, const char *shown, const char *type, char *expression);
char *pmml_name(Pmml *p, const char *what); /* a new name */

/* In a segment: the field of a number it leaves, under a new name, which is given back, borrowed.  feature: what is left, as PMML's
 * attributes say it. */
const char *pmml_leave(Pmml *p, const char *feature);
