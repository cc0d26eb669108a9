package capability

import (
	"fmt"
	"strings"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/secret"
)

// CheckGrants checks that every one of the import modules is offered and granted.
// The error is an [*secret.Error] with the code capability, whose detail names
// what is missing and the grants to add.
func (s *Set) CheckGrants(modules []string) error {
	var wanted, grants []string
	for _, m := range modules {
		switch {
		case bodies(m) == nil:
			return s.capabilityError(fmt.Sprintf("this host does not offer the import module %s", quote(m)))
		case m == abi.ModuleEnv && len(s.env) == 0:
			wanted, grants = append(wanted, m), append(grants, "env: [NAME]")
		case m == abi.ModuleFile && len(s.files) == 0:
			wanted, grants = append(wanted, m), append(grants, "files: [{ path: PATH }]")
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	return s.capabilityError(fmt.Sprintf("the module imports %s, which was not granted; add grant: { %s }",
		strings.Join(wanted, " and "), strings.Join(grants, ", ")))
}

func (s *Set) capabilityError(detail string) *secret.Error {
	return &secret.Error{Code: secret.ErrCapability, Op: secret.OpOpen, Provider: s.opt.Provider, Detail: detail}
}

// quote makes a name from a module safe for an error: quoted and cut to 64 bytes.
func quote(name string) string {
	if len(name) > 64 {
		name = name[:64]
	}
	return fmt.Sprintf("%q", name)
}
