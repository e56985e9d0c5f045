/* SPDX-License-Identifier: Apache-2.0 */
/* Which pages of ours are never written again? Those of PT_GNU_RELRO (elf(5)); the startup code of musl 1.2 leaves them
 * writable in a static program. */
#include "relro.h"

#include <features.h>

#ifdef __GLIBC__

int relro_protect(void) {
        return 0;
}

#else

#include <link.h>
#include <sys/mman.h>

#include "macros.h"

/* Defined by the linker: where this program begins in memory. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

int relro_protect(void) {
        const char *base = (const char *) &__ehdr_start;
        const ElfW(Phdr) *segments = (const void *) (base + __ehdr_start.e_phoff);
        uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE), start, end;

        for (size_t i = 0; __ehdr_start.e_type == ET_DYN && i < __ehdr_start.e_phnum; i++) {
                if (segments[i].p_type != PT_GNU_RELRO)
                        continue;
                start = ((uintptr_t) base + segments[i].p_vaddr) & ~(page - 1);
                end = ((uintptr_t) base + segments[i].p_vaddr + segments[i].p_memsz) & ~(page - 1);
                if (mprotect((void *) start, end - start, PROT_READ) < 0)
                        return negative_errno();
        }
        return 0;
}

#endif
