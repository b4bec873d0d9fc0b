/* server_tls.c: the certificate a server shows, read again when its files change.
 *
 * Each handshake gets its own copy of chain and key, which the library frees when it is done with it: so a renewed certificate
 * is one swap of two texts under a lock, and handshakes and connections that are under way know nothing of it.  The
 * library's callback has no context: there is one certificate in a process.
 *
 * A pair that is half renewed (a new chain beside the old key) is no pair: the one before stays until both fit. */
#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "http/server_inside.h"

enum { FILE_MOST = 1 << 20, CHAIN_MOST = 16 };

/* Whether a file is the one that was read: what a renewal replaces has another inode or time. */
typedef struct Mark {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
} Mark;

static struct {
	GMutex lock; /* chain, key */
	char *chain_path, *key_path;
	GBytes *chain, *key; /* PEM */
	Mark chain_mark, key_mark;
	bool is_missing; /* one of the files is, and that was told */
} tls;

static gnutls_datum_t datum(GBytes *bytes)
{
	gsize size;
	const void *data = g_bytes_get_data(bytes, &size);
	return (gnutls_datum_t){.data = (void *)data, .size = (unsigned)size};
}

/* What a handshake needs; the certificates in `certs`, which has room for CHAIN_MOST, are the caller's to free. */
static int import_pair(GBytes *chain, GBytes *key, gnutls_pcert_st *certs, unsigned *ret_count, gnutls_privkey_t to)
{
	gnutls_datum_t c = datum(chain), k = datum(key);
	*ret_count = CHAIN_MOST;
	int how = gnutls_privkey_import_x509_raw(to, &k, GNUTLS_X509_FMT_PEM, NULL, 0);
	return how < 0 ? how : gnutls_pcert_list_import_x509_raw(certs, ret_count, &c, GNUTLS_X509_FMT_PEM, 0);
}

/* The key is the certificate's, and a handshake will find both as it wants them. */
static int try_pair(GBytes *chain, GBytes *key)
{
	gnutls_pcert_st certs[CHAIN_MOST];
	gnutls_privkey_t mine;
	gnutls_certificate_credentials_t pair;
	unsigned count = 0;
	gnutls_datum_t c = datum(chain), k = datum(key);
	int how = gnutls_certificate_allocate_credentials(&pair);
	if (how < 0)
		return how;
	how = gnutls_certificate_set_x509_key_mem(pair, &c, &k, GNUTLS_X509_FMT_PEM);
	gnutls_certificate_free_credentials(pair);
	if (how < 0 || (how = gnutls_privkey_init(&mine)) < 0)
		return how;
	how = import_pair(chain, key, certs, &count, mine);
	for (unsigned i = 0; how >= 0 && i < count; i++)
		gnutls_pcert_deinit(&certs[i]);
	gnutls_privkey_deinit(mine);
	return how;
}

static bool check_pair(GBytes *chain, GBytes *key, GError **error)
{
	int how = try_pair(chain, key);
	if (how == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
		return fail(error, FAIL_INVALID, "the key in %s is not the one of the certificate in %s", tls.key_path,
		        tls.chain_path);
	if (how < 0)
		return fail(error, FAIL_INVALID,
		        "%s and %s are no certificate and key in PEM, the key without a password: %s", tls.chain_path,
		        tls.key_path, gnutls_strerror(how));
	return true;
}

static bool mark_of(const char *path, Mark *ret, GError **error)
{
	struct stat about;
	if (stat(path, &about) < 0)
		return fail_errno(error, errno, "cannot read %s", path);
	*ret = (Mark){.device = about.st_dev, .inode = about.st_ino, .size = about.st_size, .changed = about.st_mtim};
	return true;
}

static bool mark_equal(const Mark *a, const Mark *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static bool read_pem(const char *path, GBytes **ret, GError **error)
{
	char *text;
	size_t size;
	if (!file_read(path, FILE_MOST, &text, &size, error))
		return false;
	*ret = g_bytes_new_take(text, size);
	return true;
}

static bool read_pair(GError **error)
{
	g_autoptr(GBytes) chain = NULL;
	g_autoptr(GBytes) key = NULL;
	if (!read_pem(tls.chain_path, &chain, error) || !read_pem(tls.key_path, &key, error) ||
	        !check_pair(chain, key, error))
		return false;
	g_mutex_lock(&tls.lock);
	GBytes *old_chain = tls.chain, *old_key = tls.key;
	tls.chain = g_steal_pointer(&chain);
	tls.key = g_steal_pointer(&key);
	g_mutex_unlock(&tls.lock);
	g_clear_pointer(&old_chain, g_bytes_unref);
	g_clear_pointer(&old_key, g_bytes_unref);
	return true;
}

bool tls_open(const char *certificate, const char *key, GError **error)
{
	tls_close();
	tls.chain_path = g_strdup(certificate);
	tls.key_path = g_strdup(key);
	return mark_of(certificate, &tls.chain_mark, error) && mark_of(key, &tls.key_mark, error) && read_pair(error);
}

void tls_close(void)
{
	g_clear_pointer(&tls.chain, g_bytes_unref);
	g_clear_pointer(&tls.key, g_bytes_unref);
	g_clear_pointer(&tls.chain_path, g_free);
	g_clear_pointer(&tls.key_path, g_free);
}

static bool is_there(void)
{
	return access(tls.chain_path, R_OK) == 0 && access(tls.key_path, R_OK) == 0;
}

bool server_renew(bool always, bool *ret_renewed, GError **error)
{
	Mark chain, key;
	*ret_renewed = false;
	if (!tls.chain_path || (tls.is_missing && !always && !is_there()))
		return true;
	tls.is_missing = !mark_of(tls.chain_path, &chain, error) || !mark_of(tls.key_path, &key, error);
	if (tls.is_missing)
		return false;
	if (!always && mark_equal(&chain, &tls.chain_mark) && mark_equal(&key, &tls.key_mark))
		return true;
	/* Marked although it may not fit: it is told once, and tried again when one of the files changes. */
	tls.chain_mark = chain;
	tls.key_mark = key;
	return *ret_renewed = read_pair(error);
}

static bool copy_pair(gnutls_pcert_st *certs, unsigned *ret_count, gnutls_privkey_t to)
{
	g_mutex_lock(&tls.lock);
	g_autoptr(GBytes) chain = g_bytes_ref(tls.chain);
	g_autoptr(GBytes) key = g_bytes_ref(tls.key);
	g_mutex_unlock(&tls.lock);
	return import_pair(chain, key, certs, ret_count, to) >= 0;
}

int tls_choose(gnutls_session_t session, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **certs,
        unsigned *count, gnutls_ocsp_data_st **ocsp, unsigned *ocsp_count, gnutls_privkey_t *key, unsigned *flags)
{
	gnutls_pcert_st *list = gnutls_calloc(CHAIN_MOST, sizeof *list);
	gnutls_privkey_t mine = NULL;
	unsigned length;
	if (!list || gnutls_privkey_init(&mine) < 0 || !copy_pair(list, &length, mine)) {
		gnutls_free(list);
		gnutls_privkey_deinit(mine);
		return -1;
	}
	*certs = list;
	*count = length;
	*ocsp = NULL;
	*ocsp_count = 0;
	*key = mine;
	*flags = GNUTLS_CERT_RETR_DEINIT_ALL;
	return 0;
}
