package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/runfiles"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/safefile"
)

// files checks who can read and write the files that grants name.
func (x *examination) files(c *config.Config) {
	for _, p := range c.Options.Providers {
		for _, g := range p.Grant.Files {
			path := grantPath(c, g)
			x.leftovers(path)
			if g.Write && safefile.IsMountPoint(path) {
				x.warn("files", "grep "+app.QuotePath(filepath.Base(path))+" /proc/self/mountinfo", "%s: %s", path, safefile.ErrMountPoint)
			}
			info, err := os.Stat(path)
			if err != nil || !info.Mode().IsRegular() {
				continue // its provider reports a file that it cannot use
			}
			if goruntime.GOOS == "windows" {
				x.accessList(path, info)
				continue
			}
			if who := othersMay(info.Mode()); who != "" {
				x.warn("files", closing(path, info), "%s (mode %04o) %s", path, info.Mode().Perm(), who)
				continue
			}
			x.ok("files", "%s (mode %04o): its permissions give access to its owner alone", path, info.Mode().Perm())
		}
	}
}

// closing returns a command that takes a file from others, or shows it if only its
// owner, somebody else, may do that.
func closing(path string, info fs.FileInfo) string {
	var owner *safefile.OwnerError
	if err := (safefile.Rule{Private: true}).Check(path, info); errors.As(err, &owner) && (owner.Problem == safefile.ForeignOwner || owner.Problem == safefile.HiddenOwner) {
		return "ls -l " + app.QuotePath(path)
	}
	return "chmod go= " + app.QuotePath(path)
}

// owners checks who can change the files that are trusted.
func (x *examination) owners(c *config.Config) {
	inUse := []string{c.Path, c.LockPath, c.Options.PolicyFile.Path}
	for _, name := range slices.Sorted(maps.Keys(c.Options.PolicyFile.Libs)) {
		inUse = append(inUse, c.Options.PolicyFile.Libs[name])
	}
	found := 0
	for _, path := range inUse {
		if path == "" {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			continue // no lock; a policy that cannot be used fails its own check
		}
		found++
		x.owner(path, info)
	}
	if found == 0 {
		x.ok("owners", "no file of a configuration, its lock or its policy is in use")
	}
}

// owner checks who can change one file that is trusted.
func (x *examination) owner(path string, info fs.FileInfo) {
	if !safefile.OwnersKnown {
		x.warn("owners", "postern help doctor", "this system does not say who can change %s", path)
		return
	}
	admins := "root"
	if goruntime.GOOS == "windows" {
		admins = "administrators"
	}
	err := safefile.CheckOwner(path)
	switch owner := (*safefile.OwnerError)(nil); {
	case errors.As(err, &owner):
		x.warn("owners", owner.Fix(), "%s is not used: %s %s (%s)", path, owner.Path, owner.Problem, owner.Details())
	case err != nil:
		x.warn("owners", "ls -l "+app.QuotePath(path), "%s: %s", path, safefile.Reason(err))
	default:
		x.ok("owners", "%s%s: only %s and this user can change it, going by %s, also of the folders above", path, ownerOf(info), admins, safefile.Checked)
	}
}

// accessList says who else may read and write a file of Windows.
func (x *examination) accessList(path string, info fs.FileInfo) {
	err := safefile.Rule{Private: true}.Check(path, info)
	var owner *safefile.OwnerError
	switch {
	case errors.As(err, &owner):
		x.warn("files", owner.Fix(), "%s %s (%s)", path, owner.Problem, owner.Details())
	case err != nil:
		x.warn("files", "icacls "+app.QuotePath(path), "%s: %s", path, safefile.Reason(err))
	default:
		x.ok("files", "%s: its access list gives access to its owner and the system alone", path)
	}
}

// leftovers names the files that a killed write left beside a granted file or in a
// granted folder. They may hold values.
func (x *examination) leftovers(path string) {
	dir := path
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		dir = filepath.Dir(path)
	}
	for _, name := range safefile.Abandoned(dir) {
		left := filepath.Join(dir, name)
		x.warn("files", "rm -f "+app.QuotePath(left), "%s was left by a write that was killed; the next write to this folder removes it", left)
	}
}

// runFolders names the folders of run --file-via folder whose process was killed.
func (x *examination) runFolders() {
	for _, path := range runfiles.Left(x.app.Getenv("XDG_RUNTIME_DIR")) {
		x.warn("files", "rm -rf "+app.QuotePath(path), "%s was left by a run that was killed, and may hold values; the next run removes it", path)
	}
}

// othersMay says what the group and all other users may do with a file; "" is
// nothing.
func othersMay(mode fs.FileMode) string {
	may := func(bits fs.FileMode) string {
		switch {
		case mode&bits&0o066 == bits&0o066:
			return "read and write"
		case mode&bits&0o022 != 0:
			return "write"
		case mode&bits&0o044 != 0:
			return "read"
		case mode&bits&0o011 != 0:
			return "execute"
		}
		return ""
	}
	group, all := may(0o070), may(0o007)
	switch {
	case group == all && all != "":
		return fmt.Sprintf("lets its group and all other users %s it", all)
	case group != "" && all != "":
		return fmt.Sprintf("lets its group %s and all other users %s it", group, all)
	case group != "":
		return fmt.Sprintf("lets its group %s it", group)
	case all != "":
		return fmt.Sprintf("lets all other users %s it", all)
	}
	return ""
}
