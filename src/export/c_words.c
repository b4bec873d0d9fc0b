/* c_words.c: the code that cuts texts into words and counts them, with the arithmetic of feature/words.c. */
#include "export/c_words.h"

#include <string.h>

#include "export/text.h"

const char C_WORDS[] =
        "static unsigned char letter(unsigned char c)\n{\n\tif (c >= 'A' && c <= 'Z')\n\t\treturn (unsigned char)(c + "
        "32);\n"
        "\treturn (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80 ? c : 0;\n}\n\n"
        "static void count_words(const char *text, unsigned buckets, size_t least, int pairs, double *counts)\n{\n"
        "\tconst uint64_t prime = UINT64_C(0x100000001b3);\n\tuint64_t before = 0;\n"
        "\tmemset(counts, 0, buckets * sizeof *counts);\n\twhile (text && *text) {\n"
        "\t\tuint64_t hash = UINT64_C(0xcbf29ce484222325);\n\t\tconst char *from = text;\n"
        "\t\tfor (unsigned char c; (c = letter((unsigned char)*text)); text++)\n\t\t\thash = (hash ^ c) * prime;\n"
        "\t\tif ((size_t)(text - from) >= least) {\n\t\t\tcounts[hash % buckets]++;\n\t\t\tif (pairs && before)\n"
        "\t\t\t\tcounts[((before ^ ' ') * prime ^ hash) * prime % buckets]++;\n\t\t\tbefore = hash;\n\t\t}\n"
        "\t\twhile (*text && !letter((unsigned char)*text))\n\t\t\ttext++;\n\t}\n}\n\n";

void export_c_words(GString *to, const LowerStep *s, unsigned number)
{
	static const struct {
		const char *weight, *value;
	} WEIGHTS[] = {
	        {"count", "w[b]"}, {"binary", "w[b] > 0"}, {"log", "log1p(w[b])"}, {"tf_idf", "log1p(w[b]) * idf[b]"}};
	const char *value = "w[b]";
	for (size_t i = 0; i < G_N_ELEMENTS(WEIGHTS); i++)
		if (strcmp(WEIGHTS[i].weight, s->text) == 0)
			value = WEIGHTS[i].value;
	text_add(to,
	        "\tdouble w%1$u[%2$u];\n\tcount_words(t%3$u, %2$u, %4$u, %5$d, w%1$u);\n\t{\n\t\tdouble *w = w%1$u, "
	        "squares = "
	        "0;\n\t\tconst double *idf = idf_%1$u;\n\t\t(void)idf;\n\t\tfor (int b = 0; b < %2$u; b++) "
	        "{\n\t\t\tw[b] = %6$s;\n"
	        "\t\t\tsquares += w[b] * w[b];\n\t\t}\n",
	        number, s->count, s->a, s->least, s->pairs, value);
	if (s->values->len)
		text_add(to, "\t\tfor (int b = 0; squares > 0 && b < %u; b++)\n\t\t\tw[b] /= sqrt(squares);\n",
		        s->count);
	g_string_append(to, "\t\t(void)squares;\n\t}\n");
}
