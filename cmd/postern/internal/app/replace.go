package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/postern-project/postern/runtime/safefile"
)

// PrivateMode is the mode of new files that hold values.
const PrivateMode = 0o600

// Permissions that a file keeps when it is replaced.
const (
	KeepPrivate fs.FileMode = 0o770 // for a result with values: others get no permissions
	KeepAll     fs.FileMode = 0o777 // for a result without values
)

// Replacement is a file that takes the place of another once it is complete.
// Until then it lies in the same folder under a temporary name, and only its
// owner can read it. A device, or a pipe that a shell passed, cannot be replaced: Write writes
// to it directly. The errors of its methods are [Failure]s that name the path.
type Replacement struct {
	file *safefile.Replacement
	pipe *os.File // used instead of file
	in   *Input   // the input that is replaced; nil for none
	path string
	old  fs.FileInfo // nil if there was no file
	mode func(old fs.FileMode) fs.FileMode
}

// ReplaceFile begins to write path. mode is the permissions of the new file in octal;
// "" means those of keep that the old file has, or 0600 if there is no old file. Owner
// and group stay those of the old file. If the owner is another user, a warning names the
// owner; it is an error if others could have put the old file there. The caller calls
// Commit or Abandon.
func (a *App) ReplaceFile(path, mode string, keep fs.FileMode) (*Replacement, error) {
	if device := deviceAt(path); device != "" {
		return writeStream(path, device, mode)
	}
	r := &Replacement{path: path, mode: func(old fs.FileMode) fs.FileMode { return old & keep }}
	var err error
	if r.old, err = replaceable(path); err != nil {
		return nil, err
	}
	if mode != "" {
		n, err := strconv.ParseUint(mode, 8, 32)
		if err != nil || n > 0o777 {
			return nil, usagef("invalid --mode %q; want permissions in octal, such as 0640", mode)
		}
		r.mode = func(fs.FileMode) fs.FileMode { return fs.FileMode(n) }
	}
	if r.old != nil {
		if err := a.checkOwner(path, r.old); err != nil {
			return nil, err
		}
		if err := a.checkGroup(r, mode != "", keep); err != nil {
			return nil, err
		}
	}
	safefile.RemoveAbandoned(path)
	if r.file, err = safefile.Create(path); err != nil {
		return nil, CannotWrite(path, err)
	}
	return r, nil
}

// writeStream opens what [deviceAt] returned for path.
func writeStream(path, device, mode string) (*Replacement, error) {
	if mode != "" {
		return nil, usagef("--mode works only with a regular file, and %q is a pipe or a device", path)
	}
	f, err := os.OpenFile(device, os.O_WRONLY, 0)
	if err != nil {
		return nil, CannotWrite(path, err)
	}
	return &Replacement{path: path, pipe: f}, nil
}

// checkOwner warns of a file that stays that of another user, and returns an error if
// others could have put it there, to get what is written.
func (a *App) checkOwner(path string, old fs.FileInfo) error {
	owner, err := safefile.CheckKept(path, old)
	var folder *safefile.OwnerError
	switch {
	case errors.As(err, &folder):
		return &Failure{Exit: ExitCantCreate, Hint: "ls -ld " + QuotePath(folder.Path) + " " + QuotePath(path),
			Text: fmt.Sprintf("cannot write %q: it belongs to %s, and others may have put it there: %s; remove it, or name another file", path, owner, folder.Text())}
	case err != nil:
		return CannotWrite(path, err)
	case owner != "":
		a.Warn("%q keeps its owner, %s, who can read what is written", path, owner)
	}
	return nil
}

// checkGroup gives the group of the old file, and others, no rights to a result with values
// if others could have put the old file there. To ask for such rights of the group is an
// error then: nobody chose the group.
func (a *App) checkGroup(r *Replacement, asked bool, keep fs.FileMode) error {
	mode := r.mode(r.old.Mode().Perm())
	if keep != KeepPrivate || mode&0o070 == 0 {
		return nil
	}
	err := safefile.CheckGroup(r.path, r.old)
	var folder *safefile.OwnerError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &folder):
		return CannotWrite(r.path, err)
	}
	why := "others may have put it there: " + folder.Text()
	if asked {
		return &Failure{Exit: ExitCantCreate, Hint: "ls -ld " + QuotePath(folder.Path) + " " + QuotePath(r.path),
			Text: fmt.Sprintf("cannot write %q with rights for its group: %s; remove it, or name another file", r.path, why)}
	}
	a.Warn("%q does not keep the rights of its group: %s", r.path, why)
	r.mode = func(old fs.FileMode) fs.FileMode { return old & 0o700 }
	return nil
}

// Write appends to the new file.
func (r *Replacement) Write(b []byte) (int, error) {
	var w io.Writer = r.file
	if r.pipe != nil {
		w = r.pipe
	}
	n, err := w.Write(b)
	if err != nil {
		err = CannotWrite(r.path, err)
	}
	return n, err
}

// KeepInput makes Commit an error with the code conflict if in, which the new file
// replaces, was changed since it was opened: what is new in it would be lost.
func (r *Replacement) KeepInput(in *Input) {
	if r.file != nil {
		r.in = in
		r.file.Before(in.unchanged)
	}
}

// Commit puts the new file in place. After an error the old file is still there. It is
// an error if something else of the old file cannot be kept, such as its owner.
func (r *Replacement) Commit() error {
	var err error
	if r.in != nil {
		if err := r.in.unchanged(); err != nil {
			r.Abandon()
			return err
		}
	}
	switch {
	case r.pipe != nil:
		err = r.pipe.Close()
	case r.old == nil:
		err = r.file.Commit(r.mode(PrivateMode))
	default:
		err = r.file.CommitLikeWith(r.old, r.mode)
	}
	var path *fs.PathError
	if f := (*Failure)(nil); errors.As(err, &f) {
		return f
	}
	linked, mounted := errors.Is(err, safefile.ErrHardLinks), errors.Is(err, safefile.ErrMountPoint)
	if errors.As(err, &path) && (errors.Is(err, safefile.ErrNotKept) || linked || mounted) {
		err = errors.New(path.Err.Error()) // the whole reason, not only that of the system
	}
	if err != nil {
		f := cannotWrite(r.path, err)
		if linked {
			f.Hint = "find " + QuotePath(filepath.Dir(r.path)) + " -samefile " + QuotePath(r.path)
		}
		if mounted {
			f.Hint = "grep " + QuotePath(filepath.Base(r.path)) + " /proc/self/mountinfo"
		}
		return f
	}
	return nil
}

// Abandon removes the new file and leaves the old one alone.
func (r *Replacement) Abandon() {
	if r.pipe != nil {
		_ = r.pipe.Close()
		return
	}
	r.file.Abandon()
}

// replaceable returns the file at path, nil if there is none. Something that cannot
// be replaced is an error.
func replaceable(path string) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, CannotWrite(path, err)
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, CannotWrite(path, errors.New("it is a symbolic link; name the file itself"))
	case !info.Mode().IsRegular():
		return nil, CannotWrite(path, errors.New("not a regular file; omit the option to write to standard output"))
	}
	return info, nil
}

// CannotWrite returns the [Failure] of a file that cannot be written.
func CannotWrite(path string, err error) error { return cannotWrite(path, err) }

func cannotWrite(path string, err error) *Failure {
	return &Failure{Exit: ExitIO, Text: fmt.Sprintf("cannot write %q: %s", path, safefile.Reason(err)), Hint: WriteHint(err, filepath.Dir(path))}
}
