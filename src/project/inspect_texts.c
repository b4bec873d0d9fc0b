/* inspect_texts.c: columns of texts that a person reads as numbers or days: they are told, with what reads them so.
 *
 * Nothing is turned by itself: 1,234 is a thousand and more in one country and one and a bit in another.  The most frequent
 * values stand for all. */
#include <string.h>

#include "base/json.h"
#include "project/inspect_internal.h"

typedef struct Form {
	const char *pattern; /* every value fits */
	char mark;           /* and one has this */
	const char *what, *query;
} Form;

/* The first that fits counts; %s is the column's name in SQL. */
static const Form NUMBERS[] = {
        {"^[-+]?[0-9]{1,3}(,[0-9]{3})*([.][0-9]+)?$", ',', "numbers with a comma between thousands",
                "replace(%s, ',', '')::double"},
        {"^[-+]?[0-9]+([.][0-9]{3})*(,[0-9]+)?$", ',', "numbers with a comma for the point",
                "replace(replace(%s, '.', ''), ',', '.')::double"},
        {"^[-+]?[0-9]+([.][0-9]+)? ?%$", '%', "percentages", "rtrim(%s, ' %')::double"},
};

static bool fits(const json_t *top, const Form *form)
{
	bool marked = false;
	size_t i;
	json_t *entry;
	json_array_foreach ((json_t *)top, i, entry) {
		const char *text = json_get_text(entry, "value", "");
		if (!g_regex_match_simple(form->pattern, text, G_REGEX_DEFAULT, G_REGEX_MATCH_DEFAULT))
			return false;
		marked |= strchr(text, form->mark) != NULL;
	}
	return marked;
}

/* What the query reads from: in quotes, for a file may be called order.csv. */
static char *source_name(const Inspect *s)
{
	const json_t *data = json_object_get(s->found, "data");
	const char *only = json_object_iter_key(json_object_iter(json_object_get(data, "sources")));
	return json_object_get(data, "query") ? g_strdup("...") : sql_name(only);
}

static bool tell_numbers(Inspect *s, const char *name, const json_t *top)
{
	for (size_t i = 0; i < G_N_ELEMENTS(NUMBERS); i++) {
		if (!fits(top, &NUMBERS[i]))
			continue;
		g_autofree char *quoted = sql_name(name);
		g_autofree char *from = source_name(s);
		g_auto(GStrv) parts = g_strsplit(NUMBERS[i].query, "%s", 2);
		g_autofree char *query = g_strjoin(quoted, parts[0], parts[1], NULL);
		inspect_note(s,
		        "%s holds texts like \"%s\", %s; a data.query makes them numbers: select * replace (%s as %s) "
		        "from %s",
		        name, json_get_text(json_array_get(top, 0), "value", ""), NUMBERS[i].what, query, quoted, from);
		return true;
	}
	return false;
}

/* Days written 31.12.2020, 12/31/2020 or 31.12.20: which number is the month is told by one above twelve. */
static void tell_days(Inspect *s, const char *name, const json_t *top)
{
	gint64 first = 0, second = 0;
	size_t digits = 0; /* of the year */
	char mark = 0;
	size_t i;
	json_t *entry;
	json_array_foreach ((json_t *)top, i, entry) {
		const char *text = json_get_text(entry, "value", "");
		if (!g_regex_match_simple("^[0-9]{1,2}([./-])[0-9]{1,2}\\1([0-9]{2}){1,2}$", text, G_REGEX_DEFAULT,
		            G_REGEX_MATCH_DEFAULT))
			return;
		char *end;
		first = MAX(first, g_ascii_strtoll(text, &end, 10));
		mark = *end;
		second = MAX(second, g_ascii_strtoll(end + 1, NULL, 10));
		if (i && digits != strlen(strrchr(text, mark) + 1))
			return;
		digits = strlen(strrchr(text, mark) + 1);
	}
	if (!mark || MIN(first, second) > 12 || MAX(first, second) > 31)
		return;
	static const char *const IF[2][2] = {{"", ", if the year stands last"},
	        {", if the day stands first", ", if the day stands first and the year last"}};
	bool unclear = first <= 12 && second <= 12, is_short = digits == 2;
	bool month_first = second > 12;
	inspect_note(s,
	        "%s holds texts like \"%s\", days; time_format: \"%%%c%c%%%c%c%%%c\" under the source reads them as "
	        "times%s",
	        name, json_get_text(json_array_get(top, 0), "value", ""), month_first ? 'm' : 'd', mark,
	        month_first ? 'd' : 'm', mark, is_short ? 'y' : 'Y', IF[unclear][is_short]);
}

#define MONTH "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
#define FULL_MONTH "(January|February|March|April|May|June|July|August|September|October|November|December)"

/* Days with the month as a word, with what reads them. */
static const struct {
	const char *pattern, *format;
} WORDED_DAYS[] = {
        {"^" MONTH " [0-9]{1,2} [0-9]{4}$", "%b %d %Y"},
        {"^" MONTH " [0-9]{1,2}, [0-9]{4}$", "%b %d, %Y"},
        {"^" FULL_MONTH " [0-9]{1,2}, [0-9]{4}$", "%B %d, %Y"},
        {"^[0-9]{1,2} " MONTH " [0-9]{4}$", "%d %b %Y"},
        {"^[0-9]{1,2} " FULL_MONTH " [0-9]{4}$", "%d %B %Y"},
        {"^[0-9]{1,2}-" MONTH "-[0-9]{4}$", "%d-%b-%Y"},
        {"^[0-9]{1,2}-" MONTH "-[0-9]{2}$", "%d-%b-%y"},
};

static bool all_match(const json_t *top, const char *pattern)
{
	size_t i;
	json_t *entry;
	json_array_foreach ((json_t *)top, i, entry)
		if (!g_regex_match_simple(
		            pattern, json_get_text(entry, "value", ""), G_REGEX_CASELESS, G_REGEX_MATCH_DEFAULT))
			return false;
	return true;
}

static bool tell_worded_days(Inspect *s, const char *name, const json_t *top)
{
	for (size_t i = 0; i < G_N_ELEMENTS(WORDED_DAYS); i++) {
		if (!all_match(top, WORDED_DAYS[i].pattern))
			continue;
		inspect_note(s,
		        "%s holds texts like \"%s\", days; time_format: \"%s\" under the source reads them as times",
		        name, json_get_text(json_array_get(top, 0), "value", ""), WORDED_DAYS[i].format);
		return true;
	}
	return false;
}

void inspect_texts(Inspect *s)
{
	size_t i;
	json_t *c;
	json_array_foreach (json_object_get(s->profile, "columns"), i, c) {
		const char *name = json_get_text(c, "name", "");
		const json_t *top = json_object_get(c, "top");
		if (strcmp(json_get_text(c, "type", ""), "text") == 0 && json_array_size(top) > 1 &&
		        !tell_numbers(s, name, top) && !tell_worded_days(s, name, top))
			tell_days(s, name, top);
	}
}
