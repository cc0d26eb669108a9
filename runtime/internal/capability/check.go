package capability

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/secret"
)

// Import is one function that a module wants.
type Import struct {
	Module, Name    string
	Params, Results []abi.Type
}

// versioned matches the import modules of any version of the ABI.
var versioned = regexp.MustCompile(`^postern(_env|_file|_http|_kv|_secret)?_v[0-9]+$`)

// Check reports whether every import is a known function with the right
// signature whose capability is granted. The error is an [*secret.Error]:
// ErrLoad for a signature or a version that does not fit, else ErrCapability
// with a detail that names the import or the grants to add.
func (s *Set) Check(imports []Import) error {
	var modules []string
	for _, im := range imports {
		if err := s.known(im); err != nil {
			return err
		}
		if !slices.Contains(modules, im.Module) {
			modules = append(modules, im.Module)
		}
	}
	return s.granted(modules)
}

// known checks the name and the signature of one import.
func (s *Set) known(im Import) error {
	all := signatures()
	i := slices.IndexFunc(all, func(f abi.Func) bool { return f.Module == im.Module && f.Name == im.Name })
	if i >= 0 {
		if slices.Equal(all[i].Params, im.Params) && slices.Equal(all[i].Results, im.Results) {
			return nil
		}
		return loadError(s.opt.Provider, fmt.Sprintf("import %s %s has another signature than (%s) -> (%s)",
			im.Module, im.Name, typeNames(all[i].Params), typeNames(all[i].Results)))
	}
	offered := slices.ContainsFunc(all, func(f abi.Func) bool { return f.Module == im.Module })
	reserved := im.Module == abi.ModuleHTTP || im.Module == abi.ModuleSecret
	if versioned.MatchString(im.Module) && !offered && !reserved {
		return loadError(s.opt.Provider, fmt.Sprintf("the module wants %s, this host offers version %d of the abi",
			quote(im.Module), abi.Version))
	}
	return s.capabilityError(fmt.Sprintf("the module wants %s of %s, which this host does not offer",
		quote(im.Name), quote(im.Module)))
}

// granted checks that every one of the modules is offered and granted.
func (s *Set) granted(modules []string) error {
	var wanted, grants []string
	for _, m := range modules {
		switch {
		case bodies(m) == nil:
			return s.capabilityError(fmt.Sprintf("the module wants %s, which this host does not offer", quote(m)))
		case m == abi.ModuleEnv && len(s.env) == 0:
			wanted, grants = append(wanted, m), append(grants, "env: [NAME]")
		case m == abi.ModuleFile && len(s.files) == 0:
			wanted, grants = append(wanted, m), append(grants, "files: [{ path: PATH }]")
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	return s.capabilityError(fmt.Sprintf("the module wants %s; add grant: { %s }",
		strings.Join(wanted, " and "), strings.Join(grants, ", ")))
}

func (s *Set) capabilityError(detail string) *secret.Error {
	return &secret.Error{Code: secret.ErrCapability, Op: secret.OpOpen, Provider: s.opt.Provider, Detail: detail}
}

// quote makes a module's words fit for an error: one line, and not a long one.
func quote(name string) string {
	if len(name) > 64 {
		name = name[:64]
	}
	return fmt.Sprintf("%q", name)
}

func typeNames(ts []abi.Type) string {
	names := make([]string, len(ts))
	for i, t := range ts {
		if names[i] = "i32"; t == abi.I64 {
			names[i] = "i64"
		}
	}
	return strings.Join(names, ", ")
}
