package module

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/module/check"
)

// MaxManifest is the size of the largest manifest: 64 KiB.
const MaxManifest = 64 << 10

// Manifest is the description that a module carries. Everything in it is claimed by
// the author of the module, and everything except ABI is optional.
type Manifest struct {
	Name    string `json:"name,omitempty"`    // at most 64 bytes of [A-Za-z0-9._-]
	Version string `json:"version,omitempty"` // at most 64 bytes of [A-Za-z0-9._+-]
	ABI     int    `json:"abi"`               // 1
	Summary string `json:"summary,omitempty"` // one printable line of at most 200 bytes

	// Config are the settings of the module, by name. A host refuses others. Empty
	// means that there are none. If it is nil, the module does not say: any setting
	// is passed to it, and none is public.
	Config map[string]Setting `json:"config,omitzero"`

	// Capabilities are the capabilities that the module may import, sorted. A list
	// must contain all that it does import; kv may be left out. If it is nil, only
	// the import section counts.
	Capabilities []string `json:"capabilities,omitzero"`

	// Optional are the capabilities that the module works without. Only kv can be one:
	// where the operator turns it off, the module is loaded with a store that takes
	// nothing.
	Optional []string `json:"optional,omitempty"`

	// Mode is the mode in which the module works: isolated, pooled or serial. "" is
	// isolated.
	Mode string `json:"mode,omitempty"`
}

const (
	maxName    = 64
	maxSummary = 200
)

// ParseManifest reads a manifest from JSON. It is strict: it refuses unknown members,
// members in another spelling, members that occur twice, and invalid values. The
// error is always an *Error, and the Manifest is then zero.
func ParseManifest(b []byte) (Manifest, error) {
	if len(b) > MaxManifest {
		return Manifest{}, refuse(BadManifest, "the manifest has %d bytes, at most %d are accepted", len(b), MaxManifest)
	}
	var m Manifest
	var config settings
	err := parseStrict(b, fields{
		"name": &m.Name, "version": &m.Version, "abi": &m.ABI, "summary": &m.Summary,
		"config": &config, "capabilities": &m.Capabilities, "optional": &m.Optional, "mode": &m.Mode,
	})
	if err != nil {
		return Manifest{}, refuse(BadManifest, "the manifest %v", err)
	}
	m.Config = config
	if err := m.check(); err != nil {
		return Manifest{}, err
	}
	slices.Sort(m.Capabilities)
	return m, nil
}

// Pack returns the module with the manifest, given as JSON, in place of any other.
// [Inspect] must accept the result. The error is always an *Error.
func Pack(wasm, manifest []byte) ([]byte, error) {
	m, err := ParseManifest(manifest)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(m)
	if err != nil {
		return nil, refuse(BadManifest, "%v", err)
	}
	packed, err := wasmbin.WithManifest(wasm, text)
	if err != nil {
		return nil, fromCheck(check.Binary(err))
	}
	if _, err := Inspect(packed); err != nil {
		return nil, err
	}
	return packed, nil
}

func (m Manifest) check() error {
	switch {
	case m.ABI == 0:
		return refuse(BadManifest, "the manifest has no \"abi\"; want \"abi\": %d", abi.Version)
	case m.ABI != abi.Version:
		return refuse(ABIVersion, "the manifest is for version %d of the ABI; want version %d", m.ABI, abi.Version)
	case !word(m.Name, "._-"):
		return refuse(BadManifest, "invalid name %s; want 1 to %d of [A-Za-z0-9._-]", quote(m.Name), maxName)
	case !word(m.Version, "._+-"):
		return refuse(BadManifest, "invalid version %s; want 1 to %d of [A-Za-z0-9._+-]", quote(m.Version), maxName)
	case !line(m.Summary):
		return refuse(BadManifest, "invalid summary; want one printable line of at most %d bytes", maxSummary)
	case !slices.Contains([]string{"", "isolated", "pooled", "serial"}, m.Mode):
		return refuse(BadManifest, "unknown mode %s; want isolated, pooled or serial", quote(m.Mode))
	}
	if err := checkSettings(m.Config); err != nil {
		return err
	}
	if len(m.Optional) > 0 && !slices.Equal(m.Optional, []string{"kv"}) {
		return refuse(BadManifest, "invalid list of optional capabilities; want [\"kv\"], which alone can be one")
	}
	return checkCapabilities(m.Capabilities)
}

// NeedsNoKV reports whether the module works where the operator turns kv off, although it
// imports it. m may be nil.
func (m *Manifest) NeedsNoKV() bool { return m != nil && slices.Contains(m.Optional, "kv") }

func checkCapabilities(names []string) error {
	known := abi.Capabilities()
	for i, name := range names {
		if !slices.Contains(known, name) {
			return refuse(BadManifest, "unknown capability %s; want %s", quote(name), strings.Join(known, ", "))
		}
		if slices.Contains(names[:i], name) {
			return refuse(BadManifest, "the capability %q is listed twice", name)
		}
	}
	return nil
}

// word reports whether s consists of at most maxName ASCII letters, digits and
// characters of others.
func word(s, others string) bool {
	for _, c := range []byte(s) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if digit := '0' <= c && c <= '9'; !letter && !digit && !strings.Contains(others, string(rune(c))) {
			return false
		}
	}
	return len(s) <= maxName
}

// line reports whether s can be printed on a terminal as one line.
func line(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return len(s) <= maxSummary
}
