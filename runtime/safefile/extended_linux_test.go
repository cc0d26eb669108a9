package safefile_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/runtime/safefile"
)

// accessList returns an access list for the owner, user 1001, the group and others.
func accessList(user uint16) []byte {
	list := binary.LittleEndian.AppendUint32(nil, 2)
	for _, e := range [][3]uint32{{1, 6, ^uint32(0)}, {2, uint32(user), 1001}, {4, 4, ^uint32(0)}, {0x10, 6, ^uint32(0)}, {0x20, 0, ^uint32(0)}} {
		list = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(list, uint16(e[0])), uint16(e[1]))
		list = binary.LittleEndian.AppendUint32(list, e[2])
	}
	return list
}

func xattr(path, name string) string {
	buf := make([]byte, 1024)
	n, err := unix.Lgetxattr(path, name, buf)
	if err != nil {
		return err.Error()
	}
	return string(buf[:n])
}

func commitLike(path, content string) error {
	old, err := os.Lstat(path)
	if err != nil {
		return err
	}
	r, err := safefile.Create(path)
	if err != nil {
		return err
	}
	defer r.Abandon()
	if _, err := r.Write([]byte(content)); err != nil {
		return err
	}
	return r.CommitLike(old)
}

// The label of SELinux is kept where it may be set, like an attribute.
func TestCommitLikeKeepsTheLabel(t *testing.T) {
	t.Parallel()
	path := write(t, "old")
	const label = "system_u:object_r:container_file_t:s0\x00"
	if err := unix.Lsetxattr(path, "security.selinux", []byte(label), 0); err != nil {
		t.Skipf("no labels here: %v", err)
	}
	if err := commitLike(path, "new"); err != nil {
		t.Fatal(err)
	}
	if got := xattr(path, "security.selinux"); got != label {
		t.Errorf("the label is %q, want %q", got, label)
	}
}

func TestCommitLikeKeepsAttributesAndAccessLists(t *testing.T) {
	t.Parallel()
	path := write(t, "old")
	if err := unix.Lsetxattr(path, "user.note", []byte("kept"), 0); err != nil {
		t.Skipf("no attributes here: %v", err)
	}
	if err := unix.Lsetxattr(path, "system.posix_acl_access", accessList(6), 0); err != nil {
		t.Skipf("no access lists here: %v", err)
	}
	before := mode(t, path)
	if err := commitLike(path, "new"); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "new")
	if got := xattr(path, "user.note"); got != "kept" {
		t.Errorf("the attribute is %q", got)
	}
	if got := xattr(path, "system.posix_acl_access"); got != string(accessList(6)) {
		t.Errorf("the access list is %q", got)
	}
	if got := mode(t, path); got != before {
		t.Errorf("the mode is %v, want %v", got, before)
	}
}

// A folder gives new files an access list, which the old file does not have.
func TestCommitLikeDropsInheritedAccessLists(t *testing.T) {
	t.Parallel()
	path := write(t, "old")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := unix.Lsetxattr(filepath.Dir(path), "system.posix_acl_default", accessList(7), 0); err != nil {
		t.Skipf("no access lists here: %v", err)
	}
	if err := commitLike(path, "new"); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.Lgetxattr(path, "system.posix_acl_access", nil); !errors.Is(err, unix.ENODATA) {
		t.Errorf("the new file has an access list: %v", err)
	}
	if got := mode(t, path); got != 0o640 {
		t.Errorf("the mode is %v, want 0640", got)
	}
}

func TestCommitLikeRefusesHardLinks(t *testing.T) {
	t.Parallel()
	path := write(t, "old")
	if err := os.Link(path, path+"2"); err != nil {
		t.Skip(err)
	}
	if err := commitLike(path, "new"); !errors.Is(err, safefile.ErrHardLinks) {
		t.Errorf("CommitLike = %v, want %v", err, safefile.ErrHardLinks)
	}
	for _, name := range []string{path, path + "2"} {
		if b, err := os.ReadFile(name); string(b) != "old" {
			t.Errorf("%s holds %q, %v", name, b, err)
		}
	}
}

// TestReplacedByAnother: of two writers that replace one file at the same time, both
// succeed, unless the file that the first put there has other rights.
func TestReplacedByAnother(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		perm fs.FileMode
		want error
	}{{0o640, nil}, {0o600, safefile.ErrChanged}, {0o644, safefile.ErrChanged}} {
		path := filepath.Join(t.TempDir(), "result")
		if err := safefile.Replace(path, []byte("old"), 0o640); err != nil {
			t.Fatal(err)
		}
		old, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := safefile.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Abandon()
		if _, err := r.Write([]byte("second")); err != nil {
			t.Fatal(err)
		}
		if err := safefile.Replace(path, []byte("first"), c.perm); err != nil {
			t.Fatal(err)
		}
		if err := r.CommitLike(old); !errors.Is(err, c.want) {
			t.Errorf("after a file with mode %v: CommitLike = %v, want %v", c.perm, err, c.want)
		}
		content, want := "second", fs.FileMode(0o640)
		if c.want != nil {
			content, want = "first", c.perm
		}
		now, err := os.Lstat(path)
		if b, _ := os.ReadFile(path); string(b) != content || err != nil || now.Mode() != want {
			t.Errorf("after a file with mode %v: %q, %v, %v", c.perm, b, now.Mode(), err)
		}
	}
}
