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

// MaxLock is the largest lock in bytes.
const MaxLock = 1 << 20

// maxPath is the longest name of a pin in bytes.
const maxPath = 4096

// lockVersion is the version of the format.
const lockVersion = 1

// Lock pins modules by name: their path as the configuration writes it. The
// file that holds it is called postern.lock. The zero Lock pins nothing. It is
// not safe for concurrent use while it is changed.
type Lock struct {
	Modules map[string]Pin
}

// Pin is what is known of a module.
type Pin struct {
	SHA256  string   `json:"sha256"`            // in lower-case hexadecimal
	Size    int      `json:"size"`              // in bytes
	Version string   `json:"version,omitempty"` // by its manifest, for those who pin the next one
	Wants   []string `json:"wants"`             // capabilities, sorted
}

// ParseLock reads a lock as [Lock.Format] writes it. It refuses members that it
// does not know, a member twice, and every value that Format would not write.
// The error is always an *Error, and the Lock is then zero.
func ParseLock(b []byte) (Lock, error) {
	if len(b) > MaxLock {
		return Lock{}, refuse(BadLock, "the lock has %d bytes, at most %d are accepted", len(b), MaxLock)
	}
	version, all := 0, pins{}
	if err := parseStrict(b, fields{"version": &version, "modules": &all}); err != nil {
		return Lock{}, refuse(BadLock, "the lock %v", err)
	}
	if version != lockVersion {
		return Lock{}, refuse(BadLock, "the lock has version %d, this program reads %d", version, lockVersion)
	}
	for name, pin := range all {
		if err := pin.check(name); err != nil {
			return Lock{}, err
		}
	}
	return Lock{Modules: all}, nil
}

// Format returns the text of the lock: JSON, sorted by name, one field a line,
// the same bytes for the same pins.
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
		panic(err) // strings and numbers can always be written
	}
	return b.Bytes()
}

// Pin inspects a module and pins it under name, replacing an older pin. The
// error is always an *Error, and the lock is then as before.
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

// Verify holds the bytes of a module against its pin. Hand on to the host the
// very bytes that were verified, never the file again. The error is always an
// *Error: Unpinned, SizeDiffers or DigestDiffers, or WantsMore when the new file
// also asks for a capability that the old one did not, which Wants then names.
func (l Lock) Verify(name string, b []byte) error {
	pin, ok := l.Modules[name]
	if !ok {
		return refuse(Unpinned, "%s has no pin", quote(name))
	}
	digest := Digest(b)
	same := digest == pin.SHA256 && len(b) == pin.Size
	var wants []string
	// Only the imports are looked at: checking all of a file costs ten times its
	// digest, and a host that loads it does so anyway.
	if m, err := wasmbin.Parse(b); err == nil {
		wants = wanted(m)
	}
	if extra := missingFrom(pin.Wants, wants); len(extra) > 0 {
		e := refuse(WantsMore, "%s now wants %s beyond %s (sha256 %s, pinned %s)",
			quote(name), strings.Join(extra, ", "), orNothing(pin.Wants), digest, pin.SHA256)
		e.Wants = extra
		return e
	}
	switch {
	case same:
		return nil // whether it can be loaded is for the host to say
	case len(b) != pin.Size:
		return refuse(SizeDiffers, "%s has %d bytes and is pinned with %d (sha256 %s, pinned %s)", quote(name), len(b), pin.Size, digest, pin.SHA256)
	}
	return refuse(DigestDiffers, "%s has sha256 %s and is pinned with %s", quote(name), digest, pin.SHA256)
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

func (p Pin) check(name string) error {
	switch {
	case name == "" || len(name) > maxPath || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return refuse(BadLock, "the name %s is not 1 to %d bytes without control characters", quote(name), maxPath)
	case len(p.SHA256) != 64 || strings.Trim(p.SHA256, "0123456789abcdef") != "":
		return refuse(BadLock, "the sha256 of %s is not 64 lower-case hexadecimal digits", quote(name))
	case p.Size < 8:
		return refuse(BadLock, "the size of %s is %d, and no module is that small", quote(name), p.Size)
	case !word(p.Version, "._+-"):
		return refuse(BadLock, "the version of %s is not 1 to %d of [A-Za-z0-9._+-]", quote(name), maxName)
	case p.Wants == nil || !slices.IsSorted(p.Wants):
		return refuse(BadLock, "the wants of %s are no sorted list", quote(name))
	}
	if err := checkCapabilities(p.Wants); err != nil {
		return refuse(BadLock, "the wants of %s are no distinct capabilities", quote(name))
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
