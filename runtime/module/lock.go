package module

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// MaxLock is the size of the largest lock file: 1 MiB.
const MaxLock = 1 << 20

// maxPath is the longest name of a pin in bytes.
const maxPath = 4096

// lockVersion is the version of the format.
const lockVersion = 1

// Lock pins modules by name, which is their path as it is in the configuration. It
// is stored in a file named postern.lock. The zero Lock pins nothing. A Lock is not
// safe for concurrent use while it is changed.
type Lock struct {
	Modules map[string]Pin
}

// Pin is what a pinned module must be.
type Pin struct {
	SHA256  string   `json:"sha256"`            // in lower-case hexadecimal
	Size    int      `json:"size"`              // in bytes
	Version string   `json:"version,omitempty"` // from its manifest, to notice a downgrade
	Wants   []string `json:"wants"`             // capabilities, sorted
}

// ParseLock reads a lock as [Lock.Format] writes it. It refuses unknown members, a
// member that occurs twice, and every value that Format would not write. The error
// is always an *Error, and the Lock is then zero.
func ParseLock(b []byte) (Lock, error) {
	if len(b) > MaxLock {
		return Lock{}, refuse(BadLock, "the lock has %d bytes, at most %d are accepted", len(b), MaxLock)
	}
	version, all := 0, pins{}
	if err := parseStrict(b, fields{"version": &version, "modules": &all}); err != nil {
		return Lock{}, refuse(BadLock, "the lock %v", err)
	}
	if version != lockVersion {
		return Lock{}, refuse(BadLock, "the lock has version %d; want version %d", version, lockVersion)
	}
	for name, pin := range all {
		if err := pin.check(name); err != nil {
			return Lock{}, err
		}
	}
	return Lock{Modules: all}, nil
}

// Format returns the text of the lock: JSON, sorted by name, one field per line. The
// same pins give the same bytes.
func (l Lock) Format() []byte {
	document := struct {
		Version int            `json:"version"`
		Modules map[string]Pin `json:"modules"`
	}{lockVersion, map[string]Pin{}}
	for name, pin := range l.Modules {
		pin.Wants = slices.Sorted(slices.Values(pin.Wants))
		if pin.Wants == nil {
			pin.Wants = []string{}
		}
		document.Modules[name] = pin
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(document); err != nil {
		panic(err) // strings and numbers can always be encoded
	}
	return b.Bytes()
}

// Pin inspects a module and pins it under name, in place of an older pin. The error
// is always an *Error, and the lock is then unchanged.
func (l *Lock) Pin(name string, b []byte) error {
	info, err := Inspect(b)
	if err != nil {
		return err
	}
	pin := Pin{SHA256: info.SHA256, Size: info.Size, Wants: info.Wants}
	if info.Manifest != nil {
		pin.Version = info.Manifest.Version
	}
	if err := pin.check(name); err != nil {
		return err
	}
	if l.Modules == nil {
		l.Modules = map[string]Pin{}
	}
	l.Modules[name] = pin
	return nil
}

// Verify compares the bytes of a module with its pin. Give the host the bytes that
// were verified, and do not read the file again. The error is always an *Error with
// the reason Unpinned, SizeDiffers, DigestDiffers or, if the file also wants a
// capability that its pin does not list, WantsMore; Wants then names it. Verify does
// not check whether a host loads the module.
func (l Lock) Verify(name string, b []byte) error {
	pin, ok := l.Modules[name]
	if !ok {
		return refuse(Unpinned, "%s has no pin", quote(name))
	}
	digest := Digest(b)
	same := digest == pin.SHA256 && len(b) == pin.Size
	var wants []string
	// Read only the imports: checking a whole file costs ten times as much as its
	// digest, and the host checks it anyway.
	if m, err := wasmbin.Parse(b); err == nil {
		wants = wanted(m)
	}
	if extra := missingFrom(pin.Wants, wants); len(extra) > 0 {
		e := refuse(WantsMore, "%s now also wants %s, which its pin does not list (sha256 %s, pinned %s)",
			quote(name), strings.Join(extra, ", "), digest, pin.SHA256)
		e.Wants = extra
		return e
	}
	switch {
	case same:
		return nil
	case len(b) != pin.Size:
		return refuse(SizeDiffers, "%s has %d bytes; its pin has %d (sha256 %s, pinned %s)", quote(name), len(b), pin.Size, digest, pin.SHA256)
	}
	return refuse(DigestDiffers, "%s has the sha256 %s; its pin has %s", quote(name), digest, pin.SHA256)
}

func (p Pin) check(name string) error {
	switch {
	case name == "" || len(name) > maxPath || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return refuse(BadLock, "invalid name %s; want 1 to %d bytes without control characters", quote(name), maxPath)
	case len(p.SHA256) != 64 || strings.Trim(p.SHA256, "0123456789abcdef") != "":
		return refuse(BadLock, "invalid sha256 of %s; want 64 lower-case hexadecimal digits", quote(name))
	case p.Size < 8:
		return refuse(BadLock, "invalid size %d of %s; want at least 8", p.Size, quote(name))
	case !word(p.Version, "._+-"):
		return refuse(BadLock, "invalid version of %s; want 1 to %d of [A-Za-z0-9._+-]", quote(name), maxName)
	case p.Wants == nil || !slices.IsSorted(p.Wants):
		return refuse(BadLock, "invalid wants of %s; want a sorted list", quote(name))
	}
	if err := checkCapabilities(p.Wants); err != nil {
		return refuse(BadLock, "invalid wants of %s; want capabilities, each once", quote(name))
	}
	return nil
}

// pins reads the modules member of a lock strictly.
type pins map[string]Pin

// UnmarshalJSON reads an object of pins.
func (p *pins) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	return nested(members(d, func(name string) error {
		var one Pin
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return errors.New("is not JSON")
		}
		if err := parseStrict(raw, fields{"sha256": &one.SHA256, "size": &one.Size, "version": &one.Version, "wants": &one.Wants}); err != nil {
			return fmt.Errorf("the pin of %s %w", quote(name), err)
		}
		(*p)[name] = one
		return nil
	}))
}
