package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/module/check"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
)

// ModuleSays returns ModuleText as one quoted line, with the file that the error may be
// about if that is one file. Without a text it returns that file alone if the error may be
// about it, or the configured files that are not there, else "".
func (a *App) ModuleSays(err error) string {
	text := ModuleText(err)
	_, about := a.fileOf(err)
	if missing := a.missing(err); text == "" && missing != "" {
		return missing
	}
	switch code := secret.CodeOf(err); {
	case text != "" && about != "":
		return strconv.Quote(text) + " (" + about + ")"
	case text != "":
		return strconv.Quote(text)
	case refusesModule(err) || code == secret.ErrCapability || code == secret.ErrForbidden || code == secret.ErrTooLarge || code == secret.ErrUnavailable:
		return about
	}
	return ""
}

// fileOf returns the file that err may be about, and what is known of it: the module file
// of its provider if err refuses the module and does not name it, else the file of
// [FileRead], else the only file that is granted. Both are "" if there is no such file.
func (a *App) fileOf(err error) (file, about string) {
	var e *secret.Error
	if !errors.As(err, &e) || a.config == nil || e.Provider == "" && len(e.Attempts) > 1 {
		return "", ""
	}
	name, dir := providerOf(e), a.config.Options.Dir
	i := slices.IndexFunc(a.config.Options.Providers, func(p runtime.ProviderOptions) bool { return p.Name == name })
	if i < 0 {
		return "", ""
	}
	p := a.config.Options.Providers[i]
	path, covered := FileRead(dir, p)
	switch refused := refusesModule(err); {
	case refused && (strings.ContainsAny(p.Module, `/\`) || strings.HasSuffix(p.Module, ".wasm")) && !strings.Contains(err.Error(), p.Module):
		file = full(dir, p.Module)
		return file, "the file is " + near(file)
	case refused:
		return "", ""
	case covered:
		return path, "it reads " + near(path)
	case path != "":
		return path, NotGranted(dir, p, near)
	case len(p.Grant.Files) == 1:
		file = full(dir, p.Grant.Files[0].Path)
		return file, "it may use " + near(file)
	}
	return "", ""
}

// FileRead returns the path that the setting "path" gives to a built-in module, made
// absolute from dir, and whether a files grant covers it. The path is "" for another module.
func FileRead(dir string, p runtime.ProviderOptions) (path string, covered bool) {
	if p.Config["path"] == "" || p.Module != modules.File && !slices.Contains(modules.Formats(), p.Module) {
		return "", false
	}
	path = full(dir, p.Config["path"])
	return path, slices.ContainsFunc(p.Grant.Files, func(g runtime.FileGrant) bool {
		rel, err := filepath.Rel(full(dir, g.Path), path)
		return err == nil && filepath.IsLocal(rel)
	})
}

// missing names the configured files that are not there, of the providers that did not
// answer for that reason.
func (a *App) missing(err error) string {
	var e *secret.Error
	if !errors.As(err, &e) || a.config == nil {
		return ""
	}
	var all []string
	for _, p := range a.config.Options.Providers {
		asked := slices.ContainsFunc(e.Attempts, func(t secret.Attempt) bool { return t.Provider == p.Name && t.Code == secret.ErrNotConfigured })
		if file := Missing(a.config, p); asked && file != "" {
			all = append(all, file+" is not there")
		}
	}
	return strings.Join(all, ", ")
}

// Missing returns the file that a built-in module is configured to read if it is not there,
// for people, else "". Nobody has configured the .env that is used without a configuration.
func Missing(c *config.Config, p runtime.ProviderOptions) string {
	path, _ := FileRead(c.Options.Dir, p)
	if path == "" || c.Path == "" && p.Config["path"] == ".env" {
		return ""
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return near(path)
}

// LeadsOut reports whether the file that a built-in module reads is behind a symbolic link
// out of the folder that p is granted, so that it cannot be read.
func LeadsOut(dir string, p runtime.ProviderOptions) bool {
	path, covered := FileRead(dir, p)
	if !covered {
		return false
	}
	granted, rest := "", ""
	for _, g := range p.Grant.Files { // the longest one decides
		rel, err := filepath.Rel(full(dir, g.Path), path)
		if err == nil && filepath.IsLocal(rel) && (granted == "" || len(rel) < len(rest)) {
			granted, rest = full(dir, g.Path), rel
		}
	}
	root, err := os.OpenRoot(granted + string(filepath.Separator) + ".") // the dot refuses a pipe without opening it
	if err != nil {                                                      // a file, or nothing
		return false
	}
	defer root.Close()
	_, err = root.Stat(rest)
	return err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.As(err, new(syscall.Errno))
}

// NotGranted says what p is configured to read and which files it is granted instead, each
// as show returns it.
func NotGranted(dir string, p runtime.ProviderOptions, show func(string) string) string {
	granted := []string{}
	for _, g := range p.Grant.Files {
		granted = append(granted, show(full(dir, g.Path)))
	}
	if len(granted) == 0 {
		granted = []string{"no file"}
	}
	return "its path is " + show(full(dir, p.Config["path"])) + ", granted: " + strings.Join(granted, ", ")
}

// full returns path as [safefile.Resolve] does, or unchanged if that fails.
func full(dir, path string) string {
	if full, err := safefile.Resolve(dir, filepath.FromSlash(path)); err == nil {
		return full
	}
	return path
}

// near returns a path for people: a file in the current folder without the folder.
func near(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return QuotePath(path)
	}
	if rel, err := filepath.Rel(wd, path); err == nil && filepath.IsLocal(rel) {
		return QuotePath(rel)
	}
	return QuotePath(path)
}

// refusesModule reports whether err is about the bytes of a module.
func refusesModule(err error) bool {
	return errors.As(err, new(*module.Error)) || errors.As(err, new(*check.Error))
}

// providerOf returns the provider that failed, "" if there is none.
func providerOf(e *secret.Error) string {
	if n := len(e.Attempts); e.Provider == "" && n > 0 {
		return e.Attempts[n-1].Provider
	}
	return e.Provider
}

// ModuleText returns what a module said about its failure, "" if err holds no such
// text. The runtime has masked and cut it; it may still hold any characters.
func ModuleText(err error) string {
	if e, ok := err.(*secret.Error); ok && e.GuestText() != "" {
		return e.GuestText()
	}
	if f, ok := err.(*Failure); ok && f.Module != "" {
		return f.Module
	}
	switch u := err.(type) {
	case interface{ Unwrap() error }:
		if next := u.Unwrap(); next != nil {
			return ModuleText(next)
		}
	case interface{ Unwrap() []error }:
		for _, next := range u.Unwrap() {
			if text := ModuleText(next); text != "" {
				return text
			}
		}
	}
	return ""
}
