package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/runfiles"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/safefile"
)

func (x *examination) cache(c *config.Config) {
	dir := c.Options.CompileCache
	if dir == "" {
		x.noCache(c)
		return
	}
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(dir, 0o700); err != nil {
			x.warn("cache", "postern help doctor", "%s cannot be created: %s: modules are compiled at every start", dir, safefile.Reason(err))
			return
		}
		x.ok("cache", "%s was created", dir)
		return
	case err != nil:
		x.warn("cache", "ls -ld "+app.QuotePath(dir), "%s: %s", dir, safefile.Reason(err))
		return
	case !info.IsDir():
		x.warn("cache", "ls -ld "+app.QuotePath(dir), "%s is not a folder and is not used", dir)
		return
	}
	var owner *safefile.OwnerError
	if errors.As(errors.Join(safefile.Rule{}.Check(dir, info), safefile.CheckOwner(dir)), &owner) {
		x.warn("cache", owner.Fix(), "%s is not used: %s %s (%s)", dir, owner.Path, owner.Problem, owner.Details())
		return
	}
	x.ok("cache", "%s", dir)
}

// smallest is the smallest module.
const smallest = "\x00asm\x01\x00\x00\x00"

// compiler compiles a module, and says what one that is expensive to compile can take.
func (x *examination) compiler(ctx context.Context) {
	if x.app.CompileProcess == nil {
		x.warn("compiler", "postern help doctor", "module files are compiled in this process, without a limit of the system")
		return
	}
	if err := x.app.CompileProcess(ctx, []byte(smallest), nil, false); err != nil {
		x.warn("compiler", "postern help doctor", "module files cannot be compiled here: %s", err)
		return
	}
	x.ok("compiler", "module files are compiled in a process of their own, with at most %d MiB of memory and %s of processor time (large ones: %d MiB and %s)",
		module.ChildMemory>>20, module.ChildTime, module.LargeChildMemory>>20, module.LargeChildTime)
}

// noCache says why there is no folder for compiled code.
func (x *examination) noCache(c *config.Config) {
	why := "this user has no cache folder"
	for _, s := range c.Settings {
		if s.Key == "compile_cache" {
			why = "compile_cache is off, set by " + s.Origin
			if s.Origin == "file" {
				why = "the configuration sets compile_cache to off"
			}
		}
	}
	hint := "postern --compile-cache DIR doctor"
	if s := app.CacheDir(); s != "" {
		hint = "postern --compile-cache " + app.QuotePath(s) + " doctor"
	}
	x.warn("cache", hint, "%s: modules are compiled at every start", why)
}

// files checks who can read and write the files that grants name.
func (x *examination) files(c *config.Config) {
	for _, p := range c.Options.Providers {
		for _, g := range p.Grant.Files {
			path := grantPath(c, g)
			x.leftovers(path)
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

// owners says what decides who may write a file that is trusted.
func (x *examination) owners() {
	if !safefile.OwnersKnown {
		x.warn("owners", "postern help doctor", "this system does not say who may write the files that are trusted")
		return
	}
	x.ok("owners", "files that are trusted, and the folders above them, are checked by %s", safefile.Checked)
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
