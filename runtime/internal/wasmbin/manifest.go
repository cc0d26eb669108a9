package wasmbin

import "unicode/utf8"

// ManifestSection is the name of the custom section that holds a module's manifest.
const ManifestSection = "postern.manifest"

// MaxManifest is the size of the largest manifest that [WithManifest] writes: 64 KiB.
const MaxManifest = 64 << 10

// WithManifest returns the module with payload as its only manifest, in a custom
// section at the end. All other bytes stay the same. The payload must be UTF-8 of at
// most [MaxManifest] bytes. The error is always an *Error.
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
		if !s.manifest {
			out = append(out, b[s.all.Start:s.all.End]...)
		}
	}
	content := appendName(nil, ManifestSection)
	return appendSection(out, customID, append(content, payload...)), nil
}

// Manifests returns the content of the manifest sections of a module: normally of
// one, or none. It reads the sizes of the sections, the names of the custom ones and
// nothing else, so it does not say that the module is valid. The results are parts of
// b. The error is always an *Error.
func Manifests(b []byte) ([][]byte, error) {
	sections, err := outline(b)
	if err != nil {
		return nil, err
	}
	var found [][]byte
	for _, s := range sections {
		if s.manifest {
			found = append(found, b[s.payload.Start:s.payload.End])
		}
	}
	return found, nil
}

// sectionRange is a section with its header.
type sectionRange struct {
	all      Range
	manifest bool
	payload  Range // of a manifest, without the name of the section
}

// outline returns the sections of a module without reading their content, except for
// the names of custom sections.
func outline(b []byte) ([]sectionRange, error) {
	if err := preamble(b); err != nil {
		return nil, err
	}
	var sections []sectionRange
	r := &reader{b: b, pos: 8, end: len(b)}
	for !r.done() {
		s := sectionRange{all: Range{Start: r.pos}}
		id := r.byte("a section id")
		content := r.sub(r.u32("a section size"), "a section")
		s.all.End = r.pos
		if id == customID && content.err == nil {
			s.manifest = content.name("the name of a custom section") == ManifestSection
			s.payload = Range{Start: content.pos, End: content.end}
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
