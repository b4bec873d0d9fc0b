/* fuzz_rows_file.c: files of scores as a user's program may write them, read as both formats. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model/rows_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("rows", 0);
	double values[6];
	size_t columns;
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	for (const char *const *format = ROWS_FORMATS; *format; format++) {
		rows_file_columns(path, *format, &columns, NULL);
		rows_file_read(path, *format, 3, 2, values, NULL);
	}
	close(fd);
	return 0;
}
