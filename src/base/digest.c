/* digest.c: SHA-256 of bytes, JSON and files. */
#include "base/digest.h"

#include "base/error.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

struct Digest {
	EVP_MD_CTX *context;
};

Digest *digest_new(void)
{
	Digest *d = g_new(Digest, 1);
	d->context = EVP_MD_CTX_new();
	if (EVP_DigestInit_ex(d->context, EVP_sha256(), NULL) != 1)
		g_error("SHA-256 is not available in this OpenSSL");
	return d;
}

void digest_add(Digest *d, const void *bytes, size_t size)
{
	EVP_DigestUpdate(d->context, bytes, size);
}

void digest_add_text(Digest *d, const char *text)
{
	uint64_t length = GUINT64_TO_LE((uint64_t)strlen(text));
	digest_add(d, &length, sizeof length);
	digest_add(d, text, strlen(text));
}

char *digest_finish(Digest *d)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned size;
	EVP_DigestFinal_ex(d->context, bytes, &size);
	EVP_MD_CTX_free(d->context);
	g_free(d);
	char *text = g_malloc(2 * size + 1);
	for (size_t i = 0; i < size; i++)
		g_snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return text;
}

char *digest_of_bytes(const void *bytes, size_t size)
{
	Digest *d = digest_new();
	digest_add(d, bytes, size);
	return digest_finish(d);
}

char *digest_of_json(const json_t *value)
{
	g_autofree char *text = json_canonical(value);
	return digest_of_bytes(text, strlen(text));
}

bool digest_of_file(const char *path, char **ret, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(error, errno, "cannot read %s", path);
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	enum { CHUNK = 1 << 18 };
	g_autofree char *chunk = g_malloc(CHUNK);
	Digest *d = digest_new();
	ssize_t got;
	while ((got = read(fd, chunk, CHUNK)) > 0 || (got < 0 && errno == EINTR))
		if (got > 0)
			digest_add(d, chunk, (size_t)got);
	int number = errno;
	close(fd);
	g_autofree char *text = digest_finish(d);
	if (got < 0)
		return fail_errno(error, number, "cannot read %s", path);
	*ret = g_steal_pointer(&text);
	return true;
}

bool digest_is_valid(const char *text)
{
	return text && strlen(text) == DIGEST_TEXT && strspn(text, "0123456789abcdef") == DIGEST_TEXT;
}
