/* score.c: scores rows of JSON with a bundle: score flights.bundle '[{"origin": "ATL", "distance": 692}]'
 *
 * cc score.c $(pkg-config --cflags --libs gyre) -o score */
#include <gyre.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char *error = NULL, *answer = NULL;
	if (argc != 3)
		return fprintf(stderr, "usage: score BUNDLE ROWS\n"), 2;
	GyreModel *m = gyre_load(argv[1], &error);
	int status = m ? gyre_predict_json(m, argv[2], 0, &answer, &error) : 3;
	if (status)
		fprintf(stderr, "%s\n", error);
	else
		printf("%s\n", answer);
	gyre_free_text(answer);
	gyre_free_text(error);
	gyre_free(m);
	return status;
}
