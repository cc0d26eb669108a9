package module

import (
	"math"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/module/check"
)

// MaxSize is the size of the largest module that is accepted: 32 MiB.
const MaxSize = 32 << 20

// Inspect reads a module and checks that a host loads it: the binary format, the
// imports and exports of the guest ABI, and the manifest if there is one. A host
// refuses a module that Inspect accepts only for its grants, for the memory limit and
// for what compiling it costs, which are up to the operator, or if the code has a type
// error. The error is always an *Error, and the Info is then zero. Inspect does not
// keep b.
func Inspect(b []byte) (Info, error) {
	m, cost, err := check.Appraise(b, check.Options{Large: true})
	if err != nil {
		return Info{}, fromCheck(err)
	}
	info := describe(m)
	info.SHA256, info.Size = Digest(b), len(b)
	info.Compile = Compile{Seconds: math.Ceil(cost.Seconds*100) / 100, MiB: int(math.Ceil(cost.MiB)), Large: cost.Large}
	if info.Manifest, err = manifestOf(m); err != nil {
		return Info{}, err
	}
	return info, nil
}

// CheckManifest checks the manifest of a module: at most one, by the rules of
// [ParseManifest], that lists the capabilities that the module imports. A module
// without a manifest passes. Nothing else of the module is checked. The error is
// always an *Error.
func CheckManifest(b []byte) error {
	m, err := wasmbin.Parse(b)
	if err != nil {
		return fromCheck(check.Binary(err))
	}
	_, err = manifestOf(m)
	return err
}

// wanted returns the capabilities that a module imports, sorted.
func wanted(m *wasmbin.Module) []string {
	wants := []string{}
	for _, i := range m.Imports {
		if name, _, ok := check.Capability(i.Module); ok && name != "" {
			wants = append(wants, name)
		}
	}
	slices.Sort(wants)
	return slices.Compact(wants)
}

// describe describes a checked module, which has exactly one memory.
func describe(m *wasmbin.Module) Info {
	info := Info{Verbs: []string{}, Wants: wanted(m), Imports: []Import{}, Exports: []Export{}, MemoryMin: m.Memories[0].Min}
	if m.Memories[0].HasMax {
		info.MemoryMax = m.Memories[0].Max
	}
	for _, i := range m.Imports {
		info.Imports = append(info.Imports, Import{i.Module, i.Name, i.Type.String()})
	}
	for _, e := range m.Exports {
		x := Export{Name: e.Name, Kind: e.Kind.String()}
		if e.Kind == wasmbin.Function {
			x.Signature = e.Type.String()
		}
		info.Exports = append(info.Exports, x)
	}
	for _, v := range verbs {
		if _, ok := m.Export(v.export); ok {
			info.Verbs = append(info.Verbs, v.verb)
		}
	}
	return info
}

// ReadManifest returns the manifest of a module, nil if it has none. It reads nothing
// else: the rest may be invalid, and import what the manifest does not list. The
// error is always an *Error.
func ReadManifest(b []byte) (*Manifest, error) {
	found, err := wasmbin.Manifests(b)
	if err != nil {
		return nil, fromCheck(check.Binary(err))
	}
	return parseOnly(found)
}

// manifestOf returns the manifest of a module, nil if it has none, after checking
// it and its list of capabilities.
func manifestOf(m *wasmbin.Module) (*Manifest, error) {
	var found [][]byte
	for _, s := range m.Customs {
		if s.Name == abi.ManifestSection {
			found = append(found, s.Payload)
		}
	}
	manifest, err := parseOnly(found)
	if err != nil || manifest == nil {
		return nil, err
	}
	if err := checkDeclared(*manifest, wanted(m)); err != nil {
		return nil, err
	}
	return manifest, nil
}

// parseOnly parses the only manifest of a module.
func parseOnly(found [][]byte) (*Manifest, error) {
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		m, err := ParseManifest(found[0])
		if err != nil {
			return nil, err
		}
		return &m, nil
	}
	return nil, refuse(BadManifest, "the module has two manifests")
}

// checkDeclared compares the capabilities that a module imports with the list in
// its manifest, if there is one. kv is private to the module and needs no entry.
func checkDeclared(m Manifest, wants []string) error {
	if m.Capabilities == nil {
		return nil
	}
	extra := missingFrom(append([]string{"kv"}, m.Capabilities...), wants)
	if len(extra) == 0 {
		return nil
	}
	e := refuse(Undeclared, "the module imports %s; its manifest does not list that", strings.Join(extra, ", "))
	e.Wants = extra
	return e
}

// missingFrom returns the names of have that allowed does not contain, in their
// order.
func missingFrom(allowed, have []string) []string {
	var extra []string
	for _, name := range have {
		if !slices.Contains(allowed, name) {
			extra = append(extra, name)
		}
	}
	return extra
}
