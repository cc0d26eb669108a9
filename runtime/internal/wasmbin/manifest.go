package wasmbin

import "unicode/utf8"

// ManifestSection is the name of the custom section that holds a module's manifest.
const ManifestSection = "postern.manifest"

// MaxManifest is the largest manifest in bytes that [WithManifest] writes and
// that [Manifest] returns.
const MaxManifest = 64 << 10

// Manifest returns the manifest of a module without looking at the rest of it,
// and whether there is one that can be used: exactly one, not above
// [MaxManifest] bytes. The payload is a copy.
func Manifest(b []byte) ([]byte, bool) {
	sections, err := outline(b)
	if err != nil {
		return nil, false
	}
	var payload []byte
	found := 0
	for _, s := range sections {
		if s.manifest != nil {
			payload = s.manifest
			found++
		}
	}
	if found != 1 || len(payload) > MaxManifest {
		return nil, false
	}
	return append([]byte{}, payload...), true
}

// WithManifest returns the module with payload as its only manifest, in a custom
// section at the end; everything else stays byte for byte. The payload must be
// UTF-8 of at most [MaxManifest] bytes. The error is always an *Error.
func WithManifest(b, payload []byte) ([]byte, error) {
	if len(payload) > MaxManifest {
		return nil, refuse(ManifestRefused, -1, "the manifest has %d bytes, at most %d are accepted", len(payload), MaxManifest)
	}
	if !utf8.Valid(payload) {
		return nil, refuse(ManifestRefused, -1, "the manifest is not UTF-8")
	}
	sections, err := outline(b)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(b)+len(payload)+32)
	out = append(out, magic+version...)
	for _, s := range sections {
		if s.manifest == nil {
			out = append(out, b[s.all.Start:s.all.End]...)
		}
	}
	content := appendName(nil, ManifestSection)
	return appendSection(out, customID, append(content, payload...)), nil
}

type outlined struct {
	all      Range
	manifest []byte // not nil in a manifest's section
}

// outline walks over the sections without reading them, so that a manifest can
// be shown for a module that Parse refuses.
func outline(b []byte) ([]outlined, error) {
	if err := preamble(b); err != nil {
		return nil, err
	}
	var sections []outlined
	r := &reader{b: b, pos: 8, end: len(b)}
	for !r.done() {
		s := outlined{all: Range{Start: r.pos}}
		id := r.byte("a section id")
		content := r.sub(r.u32("a section size"), "a section")
		s.all.End = r.pos
		if id == customID && content.err == nil {
			if name := content.name("the name of a custom section"); name == ManifestSection {
				s.manifest = content.b[content.pos:content.end:content.end]
			}
		}
		if len(sections) >= hardCustoms {
			r.fail(TooMany, "more than %d sections", hardCustoms)
		}
		sections = append(sections, s)
	}
	if r.err != nil {
		return nil, r.err
	}
	return sections, nil
}
