/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Helpers for every file: ownership bound to a scope, arrays, texts, files. Includes libc only. */
#ifndef VIOD_UTIL_H
#define VIOD_UTIL_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a_) (sizeof(a_) / sizeof((a_)[0]))
#define MIN(a_, b_) ((a_) < (b_) ? (a_) : (b_))
#define MAX(a_, b_) ((a_) > (b_) ? (a_) : (b_))

#define PRINTF_LIKE(format_, arguments_) __attribute__((format(printf, format_, arguments_)))

#define _cleanup_(function_) __attribute__((cleanup(function_)))

/** Pass on the ownership of a pointer or a file descriptor: the variable is reset. */
#define TAKE_PTR(pointer_)                                \
	({                                                \
		__typeof__(pointer_) taken_ = (pointer_); \
		(pointer_) = NULL;                        \
		taken_;                                   \
	})
#define TAKE_FD(fd_)                \
	({                          \
		int taken_ = (fd_); \
		(fd_) = -1;         \
		taken_;             \
	})

static inline void freep(void *pointer)
{
	free(*(void **)pointer);
}

static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void fclosep(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)
#define _cleanup_fclose_ _cleanup_(fclosep)
#define _cleanup_closedir_ _cleanup_(closedirp)

static inline bool streq(const char *a, const char *b)
{
	return a == b || (a && b && __builtin_strcmp(a, b) == 0);
}

/** True if a NULL-terminated list contains the word. words may be NULL. */
bool words_have(const char *const *words, const char *word);

/** Append a copy of the first length bytes of word to a NULL-terminated list of *count words, which
 * is NULL while empty. 0 or -ENOMEM with the list unchanged. */
int words_append(char ***words, size_t *count, const char *word, size_t length);
/** Free a NULL-terminated list, or NULL, and its words. */
void words_free(char **words);

/** Append one zeroed element of element_size bytes to a malloc()ed array of *count elements.
 * Returns the element, or NULL without memory (the array is unchanged). The capacity is the power
 * of two that holds *count, so only this function may enlarge the array. */
void *array_append(void **array, size_t *count, size_t element_size);

/** Copy text and its NUL into a buffer of size bytes. 0, or -EMSGSIZE with the buffer unchanged. */
int copy_text(char *ret_text, size_t size, const char *text);

/** How many of the first bytes are printable: well-formed UTF-8, no control character but tab. */
size_t printable_prefix(const char *text, size_t size);

/** Make every byte printable, so that text from outside can be written to a log line or to JSON: a
 * newline becomes a space, any other byte that is not printable becomes '?'. */
void make_printable(char *text);

/** Read all of a file of at most max bytes: NUL-terminated, *ret_size without that NUL. 0, -EFBIG
 *  if it is larger, or the -errno of the read. The caller frees *ret_data. */
int read_fd(int fd, size_t max, char **ret_data, size_t *ret_size);

/** Write all of the data; 0 or -errno. */
int write_all(int fd, const void *data, size_t size);

/** Replace a file atomically, so that a reader sees the old or the new text: temporary file in the
 * same directory, fsync, rename, fsync of the directory. mode is the file's mode. 0 or -errno. */
int replace_file_at(int directory, const char *name, const void *data, size_t size, unsigned mode);

/** Remove what replace_file_at() leaves of this file if it is killed. No other process may be in it
 * for the same file. */
void remove_temporaries_at(int directory, const char *name);

/** Create the directories of a path below a directory, as mkdir -p does. 0 or -errno. */
int make_directories_at(int directory, const char *path, unsigned mode);

/** The same, and open the directory. A file descriptor that the caller closes, or -errno. */
int open_or_make_directory_at(int directory, const char *path, unsigned mode);

/** Open a directory for readdir(); 0 or -errno. The caller closes it. */
int open_directory(int directory, const char *path, DIR **ret_dir);

/** Microseconds of CLOCK_MONOTONIC. */
uint64_t now_usec(void);

#endif
