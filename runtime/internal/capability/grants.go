package capability

import (
	"fmt"
	"strings"

	"github.com/postern-project/postern/runtime/secret"
)

// CheckGrants checks that each of the import modules is offered and granted. The
// error is an [*secret.Error] with the code capability, whose detail names what is
// missing and the grants to add.
func (s *Set) CheckGrants(modules []string) error {
	var missing, grants []string
	for _, m := range modules {
		c := s.find(m)
		if c == nil {
			return s.capabilityError(fmt.Sprintf("this host does not offer the import module %s", quote(m)))
		}
		if g, ok := c.(Granted); ok && g.MissingGrant() != "" {
			missing, grants = append(missing, m), append(grants, g.MissingGrant())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return s.capabilityError(fmt.Sprintf("the module imports %s, which was not granted; add grant: { %s } (in Go: %s)",
		strings.Join(missing, " and "), strings.Join(grants, ", "), goFields(grants)))
}

// goFields returns the fields of the Grant of a Go program for settings such as
// "env: [NAME]".
func goFields(grants []string) string {
	var fields []string
	for _, g := range grants {
		name, _, _ := strings.Cut(g, ":")
		fields = append(fields, "Grant."+strings.ToUpper(name[:1])+name[1:])
	}
	return strings.Join(fields, ", ")
}

func (s *Set) capabilityError(detail string) *secret.Error {
	return &secret.Error{Code: secret.ErrCapability, Op: secret.OpOpen, Provider: s.opt.Provider, Detail: detail}
}

// quote makes a name from a module safe for an error: quoted and truncated to 64 bytes.
func quote(name string) string {
	if len(name) > 64 {
		name = name[:64]
	}
	return fmt.Sprintf("%q", name)
}
