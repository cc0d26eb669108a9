package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/safefile"
)

// cache checks that compiled code can be kept.
func (x *examination) cache(c *config.Config) {
	dir := c.Options.CompileCache
	if dir == "" {
		x.noCache(c)
		return
	}
	info, err := os.Lstat(dir)
	made := errors.Is(err, fs.ErrNotExist)
	if made {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			x.warn("cache", app.WriteHint(err, dir), "%s cannot be created: %s: modules are compiled at every start", dir, safefile.Reason(err))
			return
		}
		info, err = os.Lstat(dir)
	}
	if err == nil && !info.IsDir() {
		x.warn("cache", "ls -ld "+app.QuotePath(dir), "%s is not a folder and is not used", dir)
		return
	}
	if err == nil {
		err = errors.Join(safefile.Rule{}.Check(dir, info), safefile.CheckOwner(dir))
	}
	switch owner := (*safefile.OwnerError)(nil); {
	case errors.As(err, &owner):
		x.warn("cache", owner.Fix(), "%s is not used: %s %s (%s)", dir, owner.Path, owner.Problem, owner.Details())
		return
	case err != nil:
		x.warn("cache", "ls -ld "+app.QuotePath(dir), "%s: %s", dir, safefile.Reason(err))
		return
	}
	if err := tryWrite(dir); err != nil {
		x.warn("cache", app.WriteHint(err, dir), "%s cannot be written: %s: modules that it lacks are compiled at every start", dir, safefile.Reason(err))
		return
	}
	if made {
		x.ok("cache", "%s was created, and can be written", dir)
		return
	}
	x.ok("cache", "%s can be written", dir)
}

// tryWrite writes a file in a folder and removes it.
func tryWrite(dir string) error {
	f, err := os.CreateTemp(dir, ".doctor-")
	if err != nil {
		return err
	}
	_, err = f.Write([]byte{0})
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}

// compiler has a module compiled, and says what limits the system set for that.
func (x *examination) compiler(ctx context.Context) {
	if x.app.CompileLimits == nil {
		x.warn("compiler", "postern help doctor", "module files are compiled in the command itself, not in a process of their own with limits")
		return
	}
	var had [2]string
	for i, large := range []bool{false, true} {
		memory, seconds, err := x.app.CompileLimits(ctx, large)
		if err != nil {
			x.warn("compiler", "postern help doctor", "module files cannot be compiled here: %s", err)
			return
		}
		if memory == math.MaxUint64 || seconds == math.MaxUint64 {
			x.warn("compiler", "postern help doctor", "the process that compiles module files has no limit of its memory or of its processor time")
			return
		}
		had[i] = fmt.Sprintf("%d MiB of memory and %d s of processor time", memory>>20, seconds)
	}
	x.ok("compiler", "a module was compiled in a process of its own, limited to %s (for a large one: %s)", had[0], had[1])
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
