package safefile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/postern-project/postern/runtime/safefile"
)

// setAccess sets the access list of a file from its description, such as
// "D:P(A;;FA;;;WD)".
func setAccess(t *testing.T, path, list string) {
	t.Helper()
	sd, err := windows.SecurityDescriptorFromString(list)
	if err != nil {
		t.Fatal(err)
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		t.Fatal(err)
	}
	const what = windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION
	if err := windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, what, nil, nil, dacl, nil); err != nil {
		t.Fatal(err)
	}
}

// TestAccessListsOfFiles asks the real system. The profile of the user is expected to
// be closed to others.
func TestAccessListsOfFiles(t *testing.T) {
	t.Parallel()
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	// Not in t.TempDir, which Wine cannot remove.
	dir, err := os.MkdirTemp("", "postern")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(os.Remove(path), os.Remove(dir)); err != nil {
			t.Error(err)
		}
	})
	if err := safefile.CheckOwner(dir); err != nil {
		t.Skip(err)
	}
	own := "D:P(A;;FA;;;" + user.User.Sid.String() + ")"
	for list, want := range map[string]safefile.Problem{
		own:                        0,
		own + "(A;;FR;;;WD)":       0, // everybody reads
		own + "(A;;FW;;;WD)":       safefile.Writable,
		own + "(A;;FA;;;WD)":       safefile.Writable,
		own + "(A;;FA;;;BA)":       0,
		own + "(A;;FA;;;SY)":       0,
		own + "(A;OICIIO;FA;;;WD)": 0, // for what is created
	} {
		setAccess(t, path, list)
		err := safefile.CheckOwner(path)
		var owner *safefile.OwnerError
		switch {
		case want == 0 && err != nil:
			t.Errorf("%s: %v", list, err)
		case want != 0 && (!errors.As(err, &owner) || owner.Problem != want || owner.Path != path):
			t.Errorf("%s: %v, want %v", list, err, want)
		case want != 0 && !strings.Contains(owner.Fix(), "icacls"):
			t.Errorf("%s: the fix is %s", list, owner.Fix())
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := (safefile.Rule{}).Check(path, info); (err != nil) != (want != 0) {
			t.Errorf("%s: Check = %v, want %v", list, err, want)
		}
	}
	if err := safefile.CheckOwner(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("CheckOwner of a missing file: %v", err)
	}
	setAccess(t, path, own)
	setAccess(t, dir, own+"(A;;FA;;;WD)")
	var owner *safefile.OwnerError
	if err := safefile.CheckOwner(path); !errors.As(err, &owner) || owner.Path != dir || !owner.Folder {
		t.Errorf("a file in a folder that everybody changes: %v", err)
	}
}
