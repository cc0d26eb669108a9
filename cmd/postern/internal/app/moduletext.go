package app

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/module/check"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
)

// ModuleSays returns ModuleText as one quoted line, with the file that its provider
// reads if that is one file. Without a text it returns that file alone if the error may be
// about it, else "".
func (a *App) ModuleSays(err error) string {
	text, file := ModuleText(err), a.fileOf(err)
	switch code := secret.CodeOf(err); {
	case text != "" && file != "":
		return strconv.Quote(text) + " (it reads " + near(file) + ")"
	case text != "":
		return strconv.Quote(text)
	case file != "" && refusesModule(err):
		return "the file is " + near(file)
	case file != "" && (code == secret.ErrCapability || code == secret.ErrForbidden || code == secret.ErrTooLarge || code == secret.ErrUnavailable):
		return "it reads " + near(file)
	}
	return ""
}

// fileOf returns the file that err may be about: the module file of its provider if err
// refuses the module and does not name it, else the only file that the provider may use;
// "" if there is no such provider or file.
func (a *App) fileOf(err error) string {
	var e *secret.Error
	if !errors.As(err, &e) || a.config == nil {
		return ""
	}
	name := providerOf(e)
	for _, p := range a.config.Options.Providers {
		if p.Name != name {
			continue
		}
		path := ""
		switch refused := refusesModule(err); {
		case refused && (strings.ContainsAny(p.Module, `/\`) || strings.HasSuffix(p.Module, ".wasm")) && !strings.Contains(err.Error(), p.Module):
			path = p.Module
		case !refused && len(p.Grant.Files) == 1:
			path = p.Grant.Files[0].Path
		default:
			return ""
		}
		if full, err := safefile.Abs(a.config.Options.Dir, path); err == nil {
			return full
		}
		return path
	}
	return ""
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
