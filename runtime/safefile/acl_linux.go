package safefile

import (
	"errors"

	"golang.org/x/sys/unix"
)

const listChecked = " and access list"

// hasACL reports whether a file or folder has an access list beyond its mode, or
// may have one.
func hasACL(path string) bool {
	_, err := unix.Lgetxattr(path, "system.posix_acl_access", nil)
	return !errors.Is(err, unix.ENODATA) && !errors.Is(err, unix.ENOTSUP)
}
