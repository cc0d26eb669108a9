package app

import (
	"errors"
	"strconv"

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
		return strconv.Quote(text) + " (it reads " + QuotePath(file) + ")"
	case text != "":
		return strconv.Quote(text)
	case file != "" && (code == secret.ErrCapability || code == secret.ErrForbidden || code == secret.ErrTooLarge || code == secret.ErrUnavailable):
		return "it reads " + QuotePath(file)
	}
	return ""
}

// fileOf returns the only file that the provider of err may use, "" if there is no such
// provider or file.
func (a *App) fileOf(err error) string {
	var e *secret.Error
	if !errors.As(err, &e) || a.config == nil {
		return ""
	}
	name := providerOf(e)
	for _, p := range a.config.Options.Providers {
		if p.Name != name || len(p.Grant.Files) != 1 {
			continue
		}
		path, err := safefile.Abs(a.config.Options.Dir, p.Grant.Files[0].Path)
		if err != nil {
			return p.Grant.Files[0].Path
		}
		return path
	}
	return ""
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
