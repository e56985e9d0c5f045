/* SPDX-License-Identifier: Apache-2.0 */
/* Which hardware is behind a link? See device.h. Nothing here is worth an error: a field stays empty. */
#include "device.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "file-util.h"

#define UDEV_FILE_MAX (256U * 1024U)
#define SYSFS_FILE_MAX 4096U

static const char *const pci_databases[] = { "/usr/share/hwdata/pci.ids", "/usr/share/misc/pci.ids" };

static void set(Device *device, DeviceField field, const char *value, size_t length) {
        char *to = device->fields[field];

        if (*to)
                return;
        if (length >= sizeof(device->fields[field]))
                length = sizeof(device->fields[field]) - 1;
        memcpy(to, value, length);
        to[length] = '\0';
}

void device_read_udev_line(Device *device, const char *line, size_t length) {
        static const struct {
                const char *prefix;
                DeviceField field;
        } keys[] = {
                { "E:ID_PATH=", DEVICE_PATH },
                { "E:ID_NET_DRIVER=", DEVICE_DRIVER },
                { "E:ID_NET_LINK_FILE=", DEVICE_LINK_FILE },
                { "E:ID_VENDOR_FROM_DATABASE=", DEVICE_VENDOR },
                { "E:ID_MODEL_FROM_DATABASE=", DEVICE_MODEL },
        };

        for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
                size_t n = strlen(keys[i].prefix);

                if (length > n && memcmp(line, keys[i].prefix, n) == 0)
                        set(device, keys[i].field, line + n, length - n);
        }
}

static void read_udev(int ifindex, Device *device) {
        _cleanup_free_ char *text = NULL;
        char path[64];

        (void) snprintf(path, sizeof(path), "/run/udev/data/n%i", ifindex);
        if (file_read_untrusted(AT_FDCWD, path, UDEV_FILE_MAX, &text, NULL) < 0)
                return;
        for (const char *p = text; *p;) {
                size_t n = strcspn(p, "\n");

                device_read_udev_line(device, p, n);
                p += n + (p[n] == '\n');
        }
}

static bool read_sysfs(int dir_fd, const char *name, char *buffer, size_t size) {
        _cleanup_free_ char *text = NULL;
        size_t n;

        if (file_read_untrusted(dir_fd, name, SYSFS_FILE_MAX, &text, NULL) < 0)
                return false;
        n = strcspn(text, "\n");
        if (n >= size)
                return false;
        memcpy(buffer, text, n);
        buffer[n] = '\0';
        return true;
}

/* "bridge", "wlan", "bond": what the kernel calls a kind of Ethernet; networkd prefers it too. */
static void read_type(int dir_fd, Device *device) {
        _cleanup_free_ char *text = NULL;
        const char *found;

        if (file_read_untrusted(dir_fd, "uevent", SYSFS_FILE_MAX, &text, NULL) < 0)
                return;
        found = startswith(text, "DEVTYPE=");
        if (!found) {
                found = strstr(text, "\nDEVTYPE=");
                found = found ? found + strlen("\nDEVTYPE=") : NULL;
        }
        if (found)
                set(device, DEVICE_TYPE, found, strcspn(found, "\n"));
}

static void read_driver(int socket_fd, const char *name, Device *device) {
        struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
        struct ifreq request = { .ifr_data = (void *) &info };

        memcpy(request.ifr_name, name, strnlen(name, IF_NAMESIZE - 1));
        if (ioctl(socket_fd, SIOCETHTOOL, &request) >= 0)
                set(device, DEVICE_DRIVER, info.driver, strnlen(info.driver, sizeof(info.driver)));
}

/* 0000:02:05.0 */
static bool is_pci_address(const char *s, size_t length) {
        static const char form[] = "xxxx:xx:xx.x";

        if (length != strlen(form))
                return false;
        for (size_t i = 0; i < length; i++)
                if (form[i] == 'x' ? !strchr("0123456789abcdef", s[i]) : s[i] != form[i])
                        return false;
        return true;
}

/* The last component such as 0000:02:05.0 of a path in sysfs, in the form of udev's ID_PATH. */
static void set_pci_path(const char *path, Device *device) {
        char text[32] = "";

        for (; path; path = strchr(path + 1, '/')) {
                size_t n = strcspn(path + 1, "/");

                if (is_pci_address(path + 1, n))
                        (void) snprintf(text, sizeof(text), "pci-%.*s", (int) n, path + 1);
        }
        set(device, DEVICE_PATH, text, strlen(text));
}

/* What follows "\n" + prefix + id + two blanks, up to the end of its line. */
static const char *find_line(
                const char *text, size_t size, const char *prefix, const char *id, size_t *ret_length) {
        const char *found, *end;
        char needle[32];

        (void) snprintf(needle, sizeof(needle), "\n%s%s  ", prefix, id);
        found = memmem(text, size, needle, strlen(needle));
        if (!found)
                return NULL;
        found += strlen(needle);
        end = memchr(found, '\n', size - (size_t) (found - text));
        *ret_length = end ? (size_t) (end - found) : size - (size_t) (found - text);
        return found;
}

/* The lines of a vendor's products begin with one tab, so its block ends before the next line that does
 * not; that may be at once. */
static size_t block_size(const char *block, size_t size) {
        if (size > 0 && *block != '\t')
                return 0;
        for (const char *p = block; (p = memchr(p, '\n', size - (size_t) (p - block)));) {
                p++;
                if ((size_t) (p - block) >= size || *p != '\t')
                        return (size_t) (p - block);
        }
        return size;
}

void device_find_pci(
                const char *database, size_t size, const char *vendor, const char *product, Device *device) {
        const char *line, *block;
        size_t n;

        line = find_line(database, size, "", startswith(vendor, "0x") ? vendor + 2 : vendor, &n);
        if (!line)
                return;
        set(device, DEVICE_VENDOR, line, n);

        block = line + n;
        size -= (size_t) (block - database);
        line = find_line(block, size > 0 ? block_size(block + 1, size - 1) + 1 : 0, "\t",
                        startswith(product, "0x") ? product + 2 : product, &n);
        if (line)
                set(device, DEVICE_MODEL, line, n);
}

/* A megabyte is searched only for a PCI device that neither networkd nor udev could name. */
static void search_pci_databases(const char *vendor, const char *product, Device *device) {
        for (size_t i = 0; i < ELEMENTSOF(pci_databases); i++) {
                _cleanup_close_ int fd = open(pci_databases[i], O_RDONLY | O_CLOEXEC);
                struct stat st;
                void *map;

                if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= 0)
                        continue;
                map = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
                if (map == MAP_FAILED)
                        continue;
                device_find_pci(map, (size_t) st.st_size, vendor, product, device);
                (void) munmap(map, (size_t) st.st_size);
                return;
        }
}

static void read_pci(int dir_fd, const char *folder, Device *device) {
        char file[32], vendor[16], product[16];

        (void) snprintf(file, sizeof(file), "%svendor", folder);
        if (!read_sysfs(dir_fd, file, vendor, sizeof(vendor)))
                return;
        (void) snprintf(file, sizeof(file), "%sdevice", folder);
        if (!read_sysfs(dir_fd, file, product, sizeof(product)))
                return;

        set(device, DEVICE_PRODUCT_ID, startswith(product, "0x") ? product + 2 : product,
                        strlen(startswith(product, "0x") ? product + 2 : product));
        if (!*device->fields[DEVICE_VENDOR] || !*device->fields[DEVICE_MODEL])
                search_pci_databases(vendor, product, device);
}

static void read_usb(int dir_fd, Device *device) {
        static const struct {
                const char *file;
                DeviceField field;
        } files[] = {
                { "../idProduct", DEVICE_PRODUCT_ID },
                { "../manufacturer", DEVICE_MANUFACTURER },
                { "../manufacturer", DEVICE_VENDOR },
                { "../product", DEVICE_MODEL },
        };
        char text[256];

        for (size_t i = 0; i < ELEMENTSOF(files); i++)
                if (read_sysfs(dir_fd, files[i].file, text, sizeof(text)))
                        set(device, files[i].field, text, strlen(text));
}

/* The folder of the device below the link's own. */
static void read_hardware(int link_fd, Device *device) {
        char self[32], path[PATH_MAX], subsystem[256];
        _cleanup_close_ int fd = -EBADF;
        const char *kind;
        ssize_t n;

        fd = openat(link_fd, "device", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return;
        (void) snprintf(self, sizeof(self), "/proc/self/fd/%i", fd);
        n = readlink(self, path, sizeof(path) - 1);
        if (n > 0) {
                path[n] = '\0';
                set_pci_path(path, device);
        }
        n = readlinkat(fd, "subsystem", subsystem, sizeof(subsystem) - 1);
        if (n <= 0)
                return;
        subsystem[n] = '\0';
        kind = strrchr(subsystem, '/');

        if (kind && streq(kind, "/usb"))
                read_usb(fd, device);
        else
                /* A virtio device stands below its PCI device. */
                read_pci(fd, kind && streq(kind, "/virtio") ? "../" : "", device);
}

void device_read(int socket_fd, const char *name, int ifindex, Device *ret) {
        _cleanup_close_ int fd = -EBADF;
        char path[64];

        *ret = (Device){};
        read_udev(ifindex, ret);
        (void) snprintf(path, sizeof(path), "/sys/class/net/%s", name);
        fd = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        read_type(fd, ret);
        read_driver(socket_fd, name, ret);
        if (fd >= 0)
                read_hardware(fd, ret);
}
