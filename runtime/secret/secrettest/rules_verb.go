package secrettest

import "errors"

// unsupported is the rule about an operation that the factory does not declare.
func unsupported(op string, undeclared ability, call func(*run, *Harness) error) rule {
	return rule{
		"unsupported_" + op + "_says_so",
		"an operation that is not offered returns an error that Is errors.ErrUnsupported", undeclared,
		func(r *run) error {
			h, err := r.start(one(keyA, "a"))
			if err != nil {
				return err
			}
			if err := call(r, h); !errors.Is(err, errors.ErrUnsupported) {
				return broken("%s = %v", op, err)
			}
			return want(r.ctx, h, keyA, "a")
		},
	}
}

func verbRules() []rule {
	return []rule{
		unsupported("set", noSet, func(r *run, h *Harness) error { return put(r.ctx, h, keyA, "after") }),
		unsupported("delete", noDel, func(r *run, h *Harness) error { return h.Provider.Delete(r.ctx, keyA) }),
		unsupported("keys", noKeys, func(r *run, h *Harness) error {
			_, err := h.Provider.Keys(r.ctx, "")
			return err
		}),
		unsupported("watch", noWatch, func(r *run, h *Harness) error {
			for _, err := range h.Provider.Watch(r.ctx) {
				return err
			}
			return errors.New("the watch yielded nothing")
		}),
	}
}
