/* column_words.c: words in names.  The lists are guesses; what follows from them is only proposed, with the reason beside it. */
#include "data/column_words.h"

#include <glib.h>
#include <string.h>

static const char *const IDS[] = {
        "id", "ids", "uuid", "guid", "key", "pk", "index", "idx", "rowid", "rownum", "serial", NULL};
static const char *const SOMEONE[] = {"customer", "client", "user", "patient", "subject", "person", "member", "account",
        "household", "family", "device", "machine", "sensor", "engine", "vehicle", "driver", "session", "visitor",
        "student", "employee", "worker", "school", "hospital", "company", "vendor", "supplier", "merchant", "card",
        "player", "speaker", "animal", "plot", "site", NULL};
static const char *const TIMES[] = {"date", "time", "datetime", "timestamp", "ts", "day", "when", "created", "opened",
        "ordered", "started", "start", "at", "on", NULL};
static const char *const CALENDAR[] = {"year", "quarter", "month", "week", "weekday", "day", "dow", "hour", "minute",
        "period", "season", "semester", "yyyymm", NULL};
static const char *const BIRTHS[] = {
        "birth", "born", "dob", "birthday", "birthdate", "founded", "built", "hired", NULL};
static const char *const PLACES[] = {"lat", "latitude", "lon", "lng", "long", "longitude", "northing", "easting", "zip",
        "zipcode", "postcode", NULL};
static const char *const AFTER[] = {"duration", "elapsed", "outcome", "result", "results", "after", "closed", "closing",
        "resolved", "resolution", "finished", "finish", "ended", "end", "final", "actual", "settled", "settlement",
        "recovered", "recovery", "recoveries", "delivered", "returned", "refund", "refunded", "cancelled", "canceled",
        "cancellation", "churned", "response", "decision", "approved", "rejected", "discharge", "discharged", "death",
        "died", "delay", "arrival", "arrived", "completed", "completion", "paid", "repaid", NULL};
/* "previous outcome" is known beforehand. */
static const char *const BEFORE[] = {"prev", "previous", "prior", "past", "last", "former", "expected", "planned",
        "scheduled", "estimated", "lag", NULL};
static const char *const POSITIVES[] = {"1", "y", "yes", "true", "t", "positive", "pos", "late", "churn", "churned",
        "fraud", "bad", "default", "defaulted", "died", "dead", "sick", "ill", "fail", "failed", "failure", "won",
        "win", "sold", "bought", "converted", "click", "clicked", "spam", "malignant", "abnormal", "attack", "returned",
        "cancelled", "canceled", NULL};

/* Lower-case words, parted where case rises, letters meet digits, and at everything else. */
static GPtrArray *words_of(const char *name)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) word = g_string_new(NULL);
	for (const char *at = name;; at++) {
		bool is_word = g_ascii_isalnum(*at) || (unsigned char)*at >= 0x80;
		bool rises = at > name && g_ascii_isupper(*at) && g_ascii_islower(at[-1]);
		if ((!is_word || rises) && word->len) {
			g_ptr_array_add(words, g_strdup(word->str));
			g_string_truncate(word, 0);
		}
		if (!*at)
			return words;
		if (is_word)
			g_string_append_c(word, g_ascii_tolower(*at));
	}
}

static bool is_listed(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

static bool has_word(const char *name, const char *const *list)
{
	g_autoptr(GPtrArray) words = words_of(name);
	for (guint i = 0; i < words->len; i++)
		if (is_listed(words->pdata[i], list))
			return true;
	return false;
}

bool name_says_id(const char *name)
{
	g_autoptr(GPtrArray) words = words_of(name);
	return words->len && is_listed(words->pdata[words->len - 1], IDS);
}

bool name_says_someone(const char *name)
{
	return has_word(name, SOMEONE);
}

bool name_says_time(const char *name)
{
	return has_word(name, TIMES);
}

bool name_says_calendar(const char *name)
{
	return has_word(name, CALENDAR);
}

bool name_says_birth(const char *name)
{
	return has_word(name, BIRTHS);
}

bool name_says_place(const char *name)
{
	return has_word(name, PLACES);
}

bool name_says_after(const char *name)
{
	return has_word(name, AFTER) && !has_word(name, BEFORE);
}

bool name_speaks_of(const char *name, const char *target)
{
	g_autoptr(GPtrArray) words = words_of(name), wanted = words_of(target);
	if (strlen(target) < 3 || !wanted->len || has_word(name, BEFORE))
		return false;
	for (guint k = 0; k < wanted->len; k++) {
		bool found = false;
		for (guint i = 0; i < words->len && !found; i++)
			found = strcmp(words->pdata[i], wanted->pdata[k]) == 0;
		if (!found)
			return false;
	}
	return true;
}

bool label_is_positive(const char *label)
{
	g_autofree char *lower = g_ascii_strdown(label, -1);
	g_strstrip(lower);
	return lower[0] == '>' || is_listed(lower, POSITIVES);
}

static bool is_subsequence(const char *part, const char *whole)
{
	for (; *part && *whole; whole++)
		part += *part == *whole;
	return !*part;
}

/* Signs tell labels apart (<=50K, >50K; -1, 1); blanks and what joins words do not. */
static bool has_signs(const char *label)
{
	bool inside = false; /* of a word */
	for (; *label; label++) {
		bool is_word = g_ascii_isalnum(*label) || (unsigned char)*label >= 0x80;
		bool joins = *label == ' ' || *label == '_' || (inside && (*label == '-' || *label == '.'));
		if (!is_word && !joins)
			return true;
		inside = is_word;
	}
	return false;
}

/* "bpv close" is short for "bipropellant valve close": its letters in order, same beginning, same last word. */
static bool is_short_for(const char *part, const char *whole)
{
	const char *last = strrchr(part, ' '), *end = strrchr(whole, ' ');
	return last && end && part[0] == whole[0] && strcmp(last, end) == 0 && is_subsequence(part, whole);
}

static char *spelt_plainly(const char *label)
{
	g_autoptr(GPtrArray) words = words_of(label);
	g_ptr_array_add(words, NULL);
	return g_strjoinv(" ", (char **)words->pdata);
}

bool labels_are_alike(const char *a, const char *b)
{
	static const char *const NEGATIONS[] = {"no", "not", "non", "un", "never", NULL};
	g_autofree char *p = spelt_plainly(a), *q = spelt_plainly(b);
	if (!*p || !*q || has_signs(a) || has_signs(b) || has_word(a, NEGATIONS) != has_word(b, NEGATIONS))
		return false;
	return strcmp(p, q) == 0 || (strlen(p) < strlen(q) ? is_short_for(p, q) : is_short_for(q, p));
}
