package safefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// aclName is the attribute that holds an access list.
const aclName = "system.posix_acl_access"

// labelName is the attribute that holds the label of SELinux.
const labelName = "security.selinux"

// labels reports whether the system looks at labels. Elsewhere they are without effect, and
// only an administrator may set them.
func labels() bool {
	_, err := os.Stat("/sys/fs/selinux/enforce")
	return err == nil
}

// copyExtended gives the new file the access list and the extended attributes of
// the file that it will replace, which old describes. What the new file has
// inherited from its folder it loses. Hashes and capabilities (security.*) are the
// system's to set, and so is the label of SELinux, unless the old file has one.
func (r *Replacement) copyExtended(old fs.FileInfo, groupKept bool) error {
	f, err := r.dir.OpenFile(r.name, openFlags|noFollow, 0)
	if err != nil {
		return pathError("replace", r.name, &keepError{"its extended attributes", err})
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err != nil || !os.SameFile(info, old) && !alike(info, old) {
		return pathError("replace", r.name, ErrChanged)
	}
	had, err := attributes(f)
	if err != nil {
		return pathError("replace", r.name, &keepError{"its extended attributes", err})
	}
	has, err := attributes(r.file)
	if err != nil {
		return pathError("replace", r.name, &keepError{"its extended attributes", err})
	}
	for name := range has {
		if _, keep := had[name]; keep || name == labelName {
			continue
		}
		if err := control(r.file, func(fd int) error { return unix.Fremovexattr(fd, name) }); err != nil {
			return pathError("replace", r.name, &keepError{"the absence of the attribute " + name, err})
		}
	}
	for name, value := range had {
		if name == aclName && !groupKept {
			return pathError("replace", r.name, &keepError{"its access list", errors.New("the group of the file cannot be kept")})
		}
		if has[name] == value {
			continue
		}
		if err := control(r.file, func(fd int) error { return unix.Fsetxattr(fd, name, []byte(value), 0) }); err != nil {
			what := "its attribute " + name
			switch {
			case name == aclName:
				what = "its access list"
			case name == labelName && !labels():
				continue
			}
			return pathError("replace", r.name, &keepError{what, err})
		}
	}
	return nil
}

// alike reports whether another process put a file in the place of old to which the
// same applies: it has the same owner, group and permissions, and no other name.
func alike(now, old fs.FileInfo) bool {
	is, ok := now.Sys().(*syscall.Stat_t)
	was, known := old.Sys().(*syscall.Stat_t)
	return ok && known && is.Mode == was.Mode && is.Uid == was.Uid && is.Gid == was.Gid && is.Nlink == 1
}

// attributes returns the extended attributes of a file that a copy of it should
// have, none where there are none.
func attributes(f *os.File) (map[string]string, error) {
	all := map[string]string{}
	names, err := growing(f, unix.Flistxattr)
	if errors.Is(err, unix.ENOTSUP) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	for name := range strings.SplitSeq(strings.TrimRight(names, "\x00"), "\x00") {
		if name == "" || strings.HasPrefix(name, "security.") && name != labelName {
			continue
		}
		value, err := growing(f, func(fd int, buf []byte) (int, error) { return unix.Fgetxattr(fd, name, buf) })
		if errors.Is(err, unix.ENODATA) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all[name] = value
	}
	return all, nil
}

// growing calls get with a buffer that is large enough.
func growing(f *os.File, get func(fd int, buf []byte) (int, error)) (string, error) {
	for {
		var buf []byte
		err := control(f, func(fd int) error {
			n, err := get(fd, nil)
			if err != nil || n == 0 {
				return err
			}
			buf = make([]byte, n)
			n, err = get(fd, buf)
			buf = buf[:max(n, 0)]
			return err
		})
		if !errors.Is(err, unix.ERANGE) {
			return string(buf), err
		}
	}
}

// control calls do with the descriptor of f.
func control(f *os.File, do func(fd int) error) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := c.Control(func(fd uintptr) { failed = do(int(fd)) }); err != nil {
		return err
	}
	return failed
}

const listChecked = " and access list"

// hasACL reports whether a file or folder has an access list beyond its mode, or
// may have one.
func hasACL(path string) bool {
	_, err := unix.Lgetxattr(path, "system.posix_acl_access", nil)
	return !errors.Is(err, unix.ENODATA) && !errors.Is(err, unix.ENOTSUP)
}

// hidesIDs says that there are user namespaces, in which not every owner can be seen.
const hidesIDs = true

// ownedByCaller reports whether a file or folder is the current user's, by what the
// kernel lets an owner alone do: reading it without a trace. Privileges count only over
// the files of users that the namespace maps.
func ownedByCaller(path string, info fs.FileInfo) bool {
	if info == nil || !info.Mode().IsRegular() && !info.IsDir() {
		return false
	}
	f, err := os.OpenFile(path, openFlags|noFollow|unix.O_NOATIME, 0)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	opened, err := f.Stat()
	return err == nil && os.SameFile(info, opened)
}

// mounter returns the user who mounted the file system of a file or folder, if that is
// one of FUSE: a program of that user says who owns what there. On others, and where a
// program of the host answers, it returns false.
func mounter(path string, info fs.FileInfo) (uid uint32, ok bool) {
	var fsys unix.Statfs_t
	st, isStat := info.Sys().(*syscall.Stat_t)
	// The program may refuse to answer.
	if err := unix.Statfs(path, &fsys); !isStat || err == nil && int64(fsys.Type) != unix.FUSE_SUPER_MAGIC {
		return 0, false
	}
	mounts, err := Read("/proc/self/mountinfo", maxNames)
	if err != nil {
		return unknownMounter, true
	}
	return mounterOf(string(mounts), fmt.Sprintf("%d:%d", unix.Major(uint64(st.Dev)), unix.Minor(uint64(st.Dev))))
}

// unknownMounter is a number that no user has.
const unknownMounter = 1<<32 - 1

// mounterOf finds the user in the text of mountinfo, by the number of the device.
func mounterOf(mounts, device string) (uid uint32, ok bool) {
	for line := range strings.Lines(mounts) {
		at, source, found := strings.Cut(line, " - ")
		fields, of := strings.Fields(at), strings.Fields(source)
		if !found || len(fields) < 3 || fields[2] != device || len(of) < 3 {
			continue
		}
		if !strings.HasPrefix(of[0], "fuse") {
			return 0, false
		}
		for option := range strings.SplitSeq(of[2], ",") {
			if id, is := strings.CutPrefix(option, "user_id="); is {
				if uid, _, err := ids(id, "0"); err == nil {
					return uid, true
				}
			}
		}
		return unknownMounter, true
	}
	return unknownMounter, true
}

// mounted reports whether something is mounted on an entry of a folder: it belongs to
// another mount than the folder. Two mounts of one file system count too.
func mounted(dir folder, name string) bool {
	at, ok := mountOf(dir, ".")
	if !ok {
		return false
	}
	of, ok := mountOf(dir, name)
	return ok && of != at
}

// mountOf returns the number of the mount that an entry of a folder belongs to. A link is
// not followed. Systems before Linux 5.8 do not say it.
func mountOf(dir folder, name string) (id uint64, ok bool) {
	f, err := dir.OpenFile(name, unix.O_PATH|noFollow, 0)
	if err != nil {
		return 0, false
	}
	defer func() { _ = f.Close() }()
	var st unix.Statx_t
	err = control(f, func(fd int) error { return unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_MNT_ID, &st) })
	return st.Mnt_id, err == nil && st.Mask&unix.STATX_MNT_ID != 0
}
