package check

import (
	"slices"
	"strconv"
	"strings"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// offered returns every function that a host offers.
func offered() []abi.Func { return append(abi.Imports(), abi.WASIImports()...) }

func imports(m *wasmbin.Module) error {
	all := offered()
	for _, i := range m.Imports {
		if i.Kind != wasmbin.Function {
			continue // wasmbin.Check refuses it
		}
		if err := checkImport(i, all); err != nil {
			return err
		}
	}
	return nil
}

func checkImport(i wasmbin.Import, all []abi.Func) error {
	known := false
	for _, f := range all {
		if f.Module != i.Module {
			continue
		}
		known = true
		switch {
		case f.Name != i.Name:
		case sameSignature(i.Type, f):
			return nil
		default:
			return refuse(ImportSignature, "the import %q from %q has the signature %s; want %s", f.Name, f.Module, i.Type, Signature(f))
		}
	}
	if known {
		return refuse(UnknownImport, "unknown import %s from %q; version %d of the ABI does not offer it", quote(i.Name), i.Module, abi.Version)
	}
	if _, version, ok := Capability(i.Module); ok && version != strconv.Itoa(abi.Version) {
		return refuse(ABIVersion, "the import module %s belongs to version %s of the ABI; want version %d", quote(i.Module), version, abi.Version)
	}
	return refuse(UnknownImport, "unknown import %s from %s; version %d of the ABI does not offer that module", quote(i.Name), quote(i.Module), abi.Version)
}

// Capability splits the name of an import module, such as postern_env_v1, into
// the capability and the version of the ABI, "env" and "1"; for postern_v1 the
// capability is "". ok is false if no version of the ABI has such a name.
func Capability(importModule string) (name, version string, ok bool) {
	rest, ok := strings.CutPrefix(importModule, "postern_")
	if !ok {
		return "", "", false
	}
	if at := strings.LastIndex(rest, "_v"); at > 0 {
		name, version = rest[:at], rest[at+len("_v"):]
	} else if version, ok = strings.CutPrefix(rest, "v"); !ok {
		return "", "", false
	}
	digits := version != "" && len(version) <= 4 && strings.Trim(version, "0123456789") == ""
	return name, version, digits && (name == "" || slices.Contains(abi.Capabilities(), name))
}
