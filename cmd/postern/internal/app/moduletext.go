package app

import (
	"strconv"

	"github.com/postern-project/postern/runtime/secret"
)

// QuotedModuleText returns ModuleText as one quoted line, "" if there is none.
func QuotedModuleText(err error) string {
	text := ModuleText(err)
	if text == "" {
		return ""
	}
	return strconv.Quote(text)
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
