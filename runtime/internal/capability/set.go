package capability

import (
	"errors"
	"slices"

	"github.com/postern-project/postern/runtime/abi"
)

// Set is everything that the module of one provider may import. It is safe for
// concurrent use; the calls of several instances share it.
type Set struct {
	opt  *Options
	caps []Capability
	log  *guestLog

	asksEnviron bool // calls may need Options.Environ
}

// Open opens the capabilities of one provider. The error is that of
// [Capability.Open]. The caller closes the Set after its last call has ended.
func Open(o Options, caps ...Capability) (*Set, error) {
	opt, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	for _, c := range caps {
		if err := c.Open(opt); err != nil {
			return nil, err
		}
	}
	s := &Set{opt: opt, caps: caps, log: newGuestLog(opt)}
	env, isGranted := s.find(abi.ModuleEnv).(Granted)
	s.asksEnviron = opt.Environ != nil && isGranted && env.MissingGrant() == ""
	return s, nil
}

// find returns the capability with the import module, or nil.
func (s *Set) find(module string) Capability {
	i := slices.IndexFunc(s.caps, func(c Capability) bool { return c.Module() == module })
	if i < 0 {
		return nil
	}
	return s.caps[i]
}

// Close wipes what the capabilities keep and reports the guest log lines that were
// dropped since the last report. A second Close does nothing.
func (s *Set) Close() error {
	var errs []error
	for _, c := range s.caps {
		if keeper, ok := c.(Keeper); ok {
			errs = append(errs, keeper.Close())
		}
	}
	s.log.close()
	return errors.Join(errs...)
}

// Kept returns the memory of what the capabilities keep between calls.
func (s *Set) Kept() (all Kept) {
	for _, c := range s.caps {
		if keeper, ok := c.(Keeper); ok {
			k := keeper.Kept()
			all.Values, all.Locked, all.Unlocked = all.Values+k.Values, all.Locked+k.Locked, all.Unlocked+k.Unlocked
		}
	}
	return all
}
